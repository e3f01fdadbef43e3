internal import CZeroMQ
internal import FarmProtocol
internal import Foundation

/// The two ends of a channel.
enum SocketKind {
    /// The coordinator's end: many connections, each with a routing id that libzmq makes afresh.
    case router
    /// A worker's end: one connection.
    case dealer

    var type: Int32 { self == .router ? ZMQ_ROUTER : ZMQ_DEALER }
}

/// Every option that a socket is given, in one place.
struct SocketOptions {
    /// Messages that wait on either side, a connection; with `maximumMessageSize` it bounds what a peer can take up.
    var sendHighWater: Int32
    var receiveHighWater: Int32
    /// Bytes in a frame; a peer that sends more is disconnected.
    var maximumMessageSize: Int64
    /// Bytes in a message that the other end takes.
    var maximumSendSize: Int64
    /// The I/O threads that serve it, a bit each.
    var threads: UInt64

    /// Sealing a chunk takes a millisecond and more: bulk has I/O threads of its own, and no heartbeat waits for them. A
    /// connection has one of them; several workers share out.
    static let bulkThreads = min(max(ProcessInfo.processInfo.activeProcessorCount / 2, 1), 4)

    /// How long messages outlive their socket, in milliseconds.
    static let linger: Int32 = 1000
    /// Back-off of a reconnecting client in milliseconds; libzmq doubles it up to the maximum. What jitter it adds is as long as
    /// the first pause, or none at all (by its version), so each socket draws its own: a farm does not come back in step.
    static let reconnectInterval: ClosedRange<Int32> = 100...300
    static let reconnectMaximum: ClosedRange<Int32> = 4000...6000
    /// A connection that has not said who it is after so many milliseconds is closed.
    static let handshake: Int32 = 10_000
    static let backlog: Int32 = 1024
    /// Seconds without a byte after which TCP asks whether the other machine is still there, and how it goes on asking.
    static let keepAlive = (idle: Int32(30), interval: Int32(10), count: Int32(3))
    /// Milliseconds after which a connection whose bytes nobody acknowledges has broken.
    static let unacknowledged: Int32 = 60_000
    /// What CURVE adds to a frame, with some to spare.
    private static let sealing: Int64 = 64

    /// What workers tell the coordinator is short: the limit is what a stranger may cost.
    private static let longestReport = Int64(1 << 20)

    static let controlServer = SocketOptions(
        sendHighWater: 256, receiveHighWater: 64, maximumMessageSize: longestReport,
        maximumSendSize: Wire.maximumMessageSize, threads: 1)
    static let controlClient = SocketOptions(
        sendHighWater: 1000, receiveHighWater: 64, maximumMessageSize: Wire.maximumMessageSize,
        maximumSendSize: longestReport, threads: 1)
    /// Twice the window: one of data, and what a reconnection asks for again.
    static let bulk = SocketOptions(
        sendHighWater: Int32(2 * Wire.creditWindow), receiveHighWater: Int32(2 * Wire.creditWindow),
        maximumMessageSize: Int64(Wire.chunkSize), maximumSendSize: Int64(Wire.chunkSize),
        threads: ((1 << bulkThreads) - 1) << 1)

    func apply(to socket: Socket) throws {
        try socket.set(ZMQ_AFFINITY, threads, "ZMQ_AFFINITY")
        try socket.set(ZMQ_LINGER, Self.linger, "ZMQ_LINGER")
        try socket.set(ZMQ_SNDHWM, sendHighWater, "ZMQ_SNDHWM")
        try socket.set(ZMQ_RCVHWM, receiveHighWater, "ZMQ_RCVHWM")
        try socket.set(ZMQ_MAXMSGSIZE, maximumMessageSize + Self.sealing, "ZMQ_MAXMSGSIZE")
        try socket.set(ZMQ_TCP_KEEPALIVE, Int32(1), "ZMQ_TCP_KEEPALIVE")
        try socket.set(ZMQ_TCP_KEEPALIVE_IDLE, Self.keepAlive.idle, "ZMQ_TCP_KEEPALIVE_IDLE")
        try socket.set(ZMQ_TCP_KEEPALIVE_INTVL, Self.keepAlive.interval, "ZMQ_TCP_KEEPALIVE_INTVL")
        try socket.set(ZMQ_TCP_KEEPALIVE_CNT, Self.keepAlive.count, "ZMQ_TCP_KEEPALIVE_CNT")
        try socket.set(ZMQ_TCP_MAXRT, Self.unacknowledged, "ZMQ_TCP_MAXRT")
        try socket.set(ZMQ_HANDSHAKE_IVL, Self.handshake, "ZMQ_HANDSHAKE_IVL")
        switch socket.kind {
        case .router:
            // Sending to a peer that has gone is an error, not silence.
            try socket.set(ZMQ_ROUTER_MANDATORY, Int32(1), "ZMQ_ROUTER_MANDATORY")
            try socket.set(ZMQ_BACKLOG, Self.backlog, "ZMQ_BACKLOG")
        case .dealer:
            // Messages are for the connection that stands; none waits for the next one.
            try socket.set(ZMQ_IMMEDIATE, Int32(1), "ZMQ_IMMEDIATE")
            try socket.set(ZMQ_RECONNECT_IVL, Int32.random(in: Self.reconnectInterval), "ZMQ_RECONNECT_IVL")
            try socket.set(ZMQ_RECONNECT_IVL_MAX, Int32.random(in: Self.reconnectMaximum), "ZMQ_RECONNECT_IVL_MAX")
        }
    }
}
