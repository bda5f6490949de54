import FloorIOData
import FloorIOVenue
import Shared

/// The key with which paper orders are signed. It never had money and nothing that it signs leaves the process; it is kept because an order's
/// id follows from it, and one floor has one wallet.
enum PaperWallet {
  private static let name = "paper-wallet.json"

  /// Reads the wallet of this directory, or makes it. As the venue's credentials file, with keys of nothing.
  static func open(in directory: String) throws(FloorFailure) -> JSON {
    let path = directory + "/" + name
    do {
      if SmallFile.exists(path) {
        try SecretsFile.checkMode(path)
        return try JSON.parse(try SmallFile.read(path, bytesMax: 1 << 16))
      }
      let secret = SystemRandom.bytes(32)
      let key = try EthereumKey(privateKey: secret)
      let wallet: JSON = [
        "private_key": .string("0x" + Hex.text(secret)), "address": .text(key.address), "signature_type": .int(0),
        "api_key": "paper", "secret": .string(Base64URL.encode(SystemRandom.bytes(32))), "passphrase": "paper",
      ]
      try AtomicFile.write(wallet.bytes, to: path)
      return wallet
    } catch {
      throw FloorFailure(.configuration, "\(path) cannot be used: \(error); delete it to begin with a new key")
    }
  }
}
