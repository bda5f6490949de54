/// Addresses of the contracts that positions are managed with (protocol document, sections 2.7.3 and 7.1), lower case.
enum Contracts {
  static let collateral = "0xc011a7e12a19f7b1f670d46f03b03f3342e82dfb"
  static let conditionalTokens = "0x4d97dcd97ec945f40cf65f87097ace5ea0476045"
  static let positionManager = "0x006f54f7f9a22e0000cc2ab60031000000ae9fef"
  static let collateralAdapter = "0xada100db00ca00073811820692005400218fce1f"
  static let negativeRiskAdapter = "0xada2005600dec949baf300f4c6120000bdb6eaab"
  /// Of the first generation; still what lists negative-risk tokens.
  static let oldNegativeRiskAdapter = "0xd91e80cf2e7be2e162c6513ced06f1dd0da35296"
  static let router = "0x12121212006e4cd160d18e3f00711da5c3372600"
  static let proxyFactory = "0xab45c5a4b0c941a2f231c04c3f49182e1a254052"
  /// Runs several calls for a Safe (official client).
  static let multiSend = "0xa238cbeb142c10ef7ad8442c6d1f9e89e07e7761"
  static let relayHub = "0xd216153c06e857cd7f72665e0af1d7d82172f494"
  /// Who sends relayed transactions of proxy wallets: any address will do.
  static let relay = "0x5117000000000000000000000000000000005117"

  /// What splits, merges and redeems the tokens of a market.
  static func manager(of exchange: TypedOrder.Exchange) -> String {
    switch exchange {
    case .standard: collateralAdapter
    case .negativeRisk: negativeRiskAdapter
    case .third: router
    }
  }
}
