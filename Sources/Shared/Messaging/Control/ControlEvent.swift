public import Foundation

/// What a `ControlServer` tells.
public enum ControlEvent: Hashable, Sendable {
    case message(peer: PeerID, Data)
    /// Something sent to this peer could not go out: it has gone, or does not read. Its lease will lapse.
    case unreachable(PeerID)
}

/// What a `ControlClient` tells.
public enum ClientEvent: Hashable, Sendable {
    /// A new connection stands: the server knows nothing of this client yet, so hello comes first.
    case connected
    /// The connection broke; a new one is being tried for.
    case disconnected
    case message(Data)
    /// Something that `send` was given did not go out: no connection stood, or it was full.
    case undelivered(Data)
}
