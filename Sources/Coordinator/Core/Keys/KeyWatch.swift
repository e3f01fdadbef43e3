internal import Foundation
public import Logging
public import Messaging

/// Keeps a running coordinator's allow-list as the key store's directory is, which other processes change.
///
/// A thread of its own waits for inotify, and looks every few seconds besides: where the system has no watch to give, that
/// is all there is.
public final class KeyWatch: Sendable {
    private let end: StopSignal

    /// Fills the list before it returns; makes the store's directories where there are none. Blocks, briefly.
    /// - Throws: `CoordinatorError`
    public init(_ store: KeyStore, _ list: AllowList, logger: Logger) throws {
        try store.telling("make \(store.allowed)") { try store.makeDirectories() }
        let end = try store.telling("watch \(store.allowed)") { try StopSignal() }
        // Watched before it is read: what changes in between is seen.
        let loop = KeyWatchLoop(store, list, logger)
        try loop.look()
        let thread = Thread { loop.run(until: end) }
        thread.name = "key-watch"
        thread.start()
        self.end = end
    }

    deinit { stop() }

    /// Ends the watch; the list stays as it is.
    public func stop() {
        end.give()
    }
}

/// Ends a thread's wait from another.
private final class StopSignal: Sendable {
    let reader: Int32
    private let writer: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        guard socketpair(AF_UNIX, Int32(type), 0, &ends) == 0 else {
            throw POSIXError(.init(rawValue: errno) ?? .EMFILE)
        }
        (reader, writer) = (ends[0], ends[1])
    }

    deinit {
        close(reader)
        close(writer)
    }

    func give() {
        var byte: UInt8 = 1
        _ = write(writer, &byte, 1)
    }
}

/// What the watch's thread does.
// Unchecked because it is handed over: made by whoever starts the thread, used by that thread alone after.
private final class KeyWatchLoop: @unchecked Sendable {
    private static let changes = UInt32(
        IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_ATTRIB)
    /// Milliseconds between looks where inotify tells of changes, and where it does not.
    private static let patience: (watched: Int32, unwatched: Int32) = (2000, 200)

    private let store: KeyStore
    private let list: AllowList
    private let logger: Logger
    private let notifier: Int32
    private let isWatched: Bool
    private var last: KeyStore.Scan?
    /// Logged once, however often it is met.
    private var failure: String?

    init(_ store: KeyStore, _ list: AllowList, _ logger: Logger) {
        (self.store, self.list, self.logger) = (store, list, logger)
        notifier = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        isWatched = notifier >= 0 && inotify_add_watch(notifier, store.allowed, Self.changes) >= 0
        if !isWatched {
            logger.warning("no watch on \(store.allowed) (\(String(cString: strerror(errno)))): looking often")
        }
    }

    deinit { if notifier >= 0 { close(notifier) } }

    func run(until end: StopSignal) {
        while wait(end) {
            do {
                try look()
                failure = nil
            } catch {
                // That a machine has no descriptor left, or a disk hiccups, says nothing about anybody's key.
                if error.reason != failure { logger.error("\(error); whoever was admitted still is") }
                failure = error.reason
            }
        }
    }

    func look() throws {
        let scan = try store.scan(after: last)
        guard scan != last else { return }
        for fault in scan.faults where last?.faults.contains(fault) != true { logger.error("\(fault)") }
        list.replace(with: scan.keys.map(\.holder))
        last = scan
    }

    /// False when it is to end.
    private func wait(_ end: StopSignal) -> Bool {
        var items = [pollfd(fd: end.reader, events: Int16(POLLIN), revents: 0)]
        if isWatched { items.append(pollfd(fd: notifier, events: Int16(POLLIN), revents: 0)) }
        poll(&items, nfds_t(items.count), isWatched ? Self.patience.watched : Self.patience.unwatched)
        var events = [UInt8](repeating: 0, count: 4096)
        while isWatched, read(notifier, &events, events.count) > 0 {}
        return items[0].revents == 0
    }
}
