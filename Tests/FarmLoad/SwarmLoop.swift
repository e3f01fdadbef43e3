import CEpoll
import CZeroMQ
import Foundation
import Media
import Messaging

/// One thread with the sockets of all its workers.
final class SwarmLoop {
    private let context: UnsafeMutableRawPointer
    private let poll = Poll()
    private let floor = Floor(encoders: EncoderCatalog.encoders.map(\.name))
    private var workers: [LightWorker] = []
    private var orders = ""
    private var hasSaidReady = false
    /// The window under way: when it opens, when it closes, the CPU seconds at its opening.
    private var window: (opens: Double, closes: Double, cpu: Double?)?
    private var isDraining = false

    init(key: KeyFile, numbers: Range<Int>) throws {
        try Descriptors.raise(to: 4 * numbers.count + 256)
        guard let context = zmq_ctx_new() else { throw LoadError.last("make a context") }
        self.context = context
        zmq_ctx_set(context, ZMQ_MAX_SOCKETS, Int32(2 * numbers.count + 16))
        for number in numbers {
            let worker = try LightWorker(name: "\(key.name).\(number)", context: context, key: key, floor: floor)
            poll.add(worker.control.descriptor, UInt64(2 * workers.count))
            poll.add(worker.bulk.descriptor, UInt64(2 * workers.count + 1))
            workers.append(worker)
        }
        poll.add(0, .max, isEdgeTriggered: false)
    }

    /// Until standard input ends, or all is drained.
    func run() throws {
        while true {
            let now = Now.seconds
            try watch(now)
            if isDraining, workers.allSatisfy(\.isIdle) { break }
            for (index, worker) in workers.enumerated() where now >= worker.due {
                try worker.look(now)
                try attend(index)
            }
            let due = workers.reduce(window.map { $0.cpu == nil ? $0.opens : $0.closes } ?? .infinity) {
                min($0, $1.due)
            }
            for mark in poll.wait(until: due) {
                if mark == .max { if try !obey() { return } } else { try attend(Int(mark / 2)) }
            }
        }
        say(.total(accepted: floor.accepted, refused: floor.refused))
    }

    /// Hears what has come for a worker, until nothing has: what is said in answer may change its sockets' state.
    private func attend(_ index: Int) throws {
        let worker = workers[index]
        var isDone = false
        while !isDone {
            isDone = true
            while let frames = try worker.control.receive() {
                try worker.hear(frames, Now.seconds)
                isDone = false
            }
            while let frames = try worker.bulk.receive() {
                try worker.hearBulk(frames, Now.seconds)
                isDone = false
            }
            if worker.due <= Now.seconds {
                try worker.look(Now.seconds)
                isDone = false
            }
        }
    }

    private func watch(_ now: Double) throws {
        if !hasSaidReady, floor.welcomed >= workers.count {
            hasSaidReady = true
            say(.ready)
        }
        guard let window else { return }
        if window.cpu == nil, now >= window.opens {
            self.window?.cpu = Now.cpu
            floor.open()
        } else if let cpu = window.cpu, now >= window.closes, var measured = floor.close() {
            self.window = nil
            measured.cpuSeconds = Now.cpu - cpu
            measured.seconds = now - window.opens
            say(.phase(measured))
        }
    }

    /// False at the end of standard input.
    private func obey() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(0, &buffer, buffer.count)
        guard count > 0 else { return false }
        orders += String(decoding: buffer[..<count], as: UTF8.self)
        while let end = orders.firstIndex(of: "\n") {
            let line = orders[..<end]
            orders = String(orders[orders.index(after: end)...])
            switch Order(line) {
            case .phase(let work, let settle, let seconds):
                floor.work = work
                floor.phase += 1
                let opens = Now.seconds + settle
                window = (opens, opens + seconds, nil)
            case .drain:
                isDraining = true
                for worker in workers { try worker.drain() }
            case nil: throw LoadError("an order that is none")
            }
        }
        return true
    }

    private func say(_ answer: Answer) {
        guard let line = try? JSONEncoder().encode(answer) else { return }
        FileHandle.standardOutput.write(line + Data("\n".utf8))
    }
}

/// Linux's epoll.
final class Poll {
    private let descriptor = epoll_create1(0)
    private var ready = [epoll_event](repeating: epoll_event(), count: 256)

    func add(_ file: Int32, _ mark: UInt64, isEdgeTriggered: Bool = true) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | (isEdgeTriggered ? EPOLLET.rawValue : 0)
        event.data.u64 = mark
        epoll_ctl(descriptor, EPOLL_CTL_ADD, file, &event)
    }

    /// Marks of what is ready.
    func wait(until time: Double) -> [UInt64] {
        let left = max(0, min(time - Now.seconds, 1)) * 1000
        let count = epoll_wait(descriptor, &ready, Int32(ready.count), Int32(left.rounded(.up)))
        return ready.prefix(max(0, Int(count))).map(\.data.u64)
    }
}

enum Descriptors {
    static func raise(to count: Int) throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_cur < rlim_t(count) else { return }
        limit.rlim_cur = min(limit.rlim_max, rlim_t(count))
        guard limit.rlim_cur >= rlim_t(count), setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        else {
            throw LoadError("\(count) open files are needed; the limit is \(limit.rlim_max): raise it with ulimit -n")
        }
    }
}
