// Manners: how we behave towards the venue, whatever we want of it. Uses Values, Runtime (Backoff) and Risk (TokenBucket). Pure: time and
// chance come in as arguments.
//
//   VenueEndpoint   what a request is counted as          VenueBudget   may it go now, and what a 429 changes
//   VenueLimits     the venue's documented limits         ClockOffset   how far our clock is from the venue's
//   VenueTier       what it lets one signer do            SignerStanding   what its answers say of that
//   SignerBudget    our half of a signer's bucket
//
// The breaker, which judges whether the venue is there at all, stands in Runtime (VenueBreaker).
