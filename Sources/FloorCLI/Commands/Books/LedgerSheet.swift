import Shared

/// The double-entry ledger's balances, checked: each asset sums to zero over all accounts, and each balance is the sum of its entries. Pure.
struct LedgerSheet: Hashable {
  struct Balance: Hashable {
    let account: String
    /// `USD` or a token's id.
    let asset: String
    /// As kept, in millionths of a dollar or a share.
    let balance: Int64
    /// The sum of the entries.
    let total: Int64
    let entries: Int64
  }

  let balances: [Balance]

  /// Of each asset over all accounts, dollars first; zero in a healthy ledger.
  var sums: [(asset: String, sum: Int64)] {
    var sums: [String: Int64] = [:]
    for line in balances { sums[line.asset, default: 0] += line.balance }
    let dollars = sums.removeValue(forKey: "USD").map { [(asset: "USD", sum: $0)] } ?? []
    return dollars + sums.sorted { $0.key < $1.key }.map { (asset: $0.key, sum: $0.value) }
  }

  /// What the venue's wallet holds as the books see it: the treasury and all agents.
  var wallet: Int64 {
    balances.filter { $0.asset == "USD" && ($0.account == "treasury" || $0.account.hasPrefix("agent:")) }
      .reduce(0) { $0 + $1.balance }
  }

  /// What must never be; empty in a healthy ledger.
  var faults: [String] {
    var faults: [String] = []
    for (asset, sum) in sums where sum != 0 {
      faults.append("\(asset) does not sum to zero: \(Decimal6.text(sum))")
    }
    for line in balances where line.balance != line.total {
      faults.append(
        "\(line.account) \(line.asset): balance \(Decimal6.text(line.balance)), entries \(Decimal6.text(line.total))")
    }
    return faults
  }
}
