// Venue: HTTP, WebSocket, signing, Polymarket. Linked only by processes that talk to the venue or serve pages.
