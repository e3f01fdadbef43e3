public import Foundation

/// What a `ControlServer` tells.
public enum ControlEvent: Hashable, Sendable {
    /// `from` is looked up when the message comes: it may differ from that of the one before.
    case message(peer: PeerID, from: Sender, Data)
    /// Something sent to this peer could not go out: it has gone, or does not read. Its lease will lapse.
    case unreachable(PeerID)
    /// The key of this peer, which sent messages before, is not on the allow-list any more. Nothing more is heard from it,
    /// nor sent to it; told once.
    case revoked(PeerID)
}

/// What a `ControlClient` tells.
public enum ClientEvent: Hashable, Sendable {
    /// A new connection stands: the server knows nothing of this client yet, so hello comes first.
    case connected
    /// The connection broke; a new one is being tried for.
    case disconnected
    /// Somebody listens at the endpoint and does not let this client in; `reason` says what is known of it. It is tried
    /// again: keys may be put on the list later.
    /// - Parameter isCertain: false where it may be a coordinator that starts, stops or hangs.
    case denied(reason: String, isCertain: Bool)
    case message(Data)
    /// Something that `send` was given did not go out: no connection stood, or it was full.
    case undelivered(Data)
}
