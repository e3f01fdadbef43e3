import Foundation
import TestSupport
import Testing

/// A farm whose processes and connections fail by a seed; every fault is seen to have taken place.
final class Chaos {
    enum Fault: CaseIterable {
        case killWorker, killEngine, killCoordinator, stopWorker, stopCoordinator, cut, freeze, delay
    }

    let farm: FarmUnderTest
    /// What was done, in order.
    private(set) var done: [String] = []
    private var generator: Seeded
    private var coordinator: CoordinatorProcess
    private var workers: [String: CoordinatorProcess] = [:]
    private var keys: [String: String] = [:]
    private let relays: (control: Relay, bulk: Relay)
    /// The accepted attempt of each segment of each job, as it was when it was last looked at.
    private var accepted: [String: [Int: Int]] = [:]
    private var mark = 0

    /// Short leases: a worker that is cut off or stopped must lapse within a test's patience.
    private static let settings = ["--lease-lifetime", "6"]

    init(seed: UInt64) async throws {
        generator = Seeded(state: seed)
        farm = try FarmUnderTest()
        coordinator = try await farm.serve(Self.settings)
        relays = (try Relay(to: farm.controlPort), try Relay(to: farm.bulkPort))
        for name in ["box-1", "box-2"] {
            let key = try await farm.key("worker", name, through: (relays.control.port, relays.bulk.port))
            keys[name] = key
            workers[name] = try await farm.work(name, key: key)
        }
    }

    /// Waits until a few more segments are accepted, so that faults find the farm at work.
    func wait(for jobs: [String]) async throws {
        mark += Int.random(in: 2...5, using: &generator)
        for _ in 0..<1200 {
            var accepted = 0
            var isOver = true
            for id in jobs {
                let job = try await farm.job(id)
                accepted += FarmTests.accepted(job)
                if job["state"] as? String != "done" { isOver = false }
            }
            if accepted >= mark || isOver { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("nothing gets on: \(done)")
        throw CancellationError()
    }

    func disturb() async throws {
        guard let fault = Fault.allCases.randomElement(using: &generator),
            let name = workers.keys.sorted().randomElement(using: &generator)
        else { return }
        done.append("\(fault)")
        switch fault {
        case .killWorker: try await killWorker(name)
        case .killEngine: try await killEngine(of: name)
        case .killCoordinator: try await killCoordinator()
        case .stopWorker: try await stop(try #require(workers[name]), for: 8)
        case .stopCoordinator: try await stop(coordinator, for: 3)
        case .cut: try await cut()
        case .freeze: try await freeze()
        case .delay: try await delay()
        }
    }

    /// Ends what still disturbs.
    func calm() async throws {
        for relay in [relays.control, relays.bulk] {
            relay.delay(by: 0)
            relay.freeze(false)
            relay.open()
        }
    }

    /// What was accepted once stays so, under the same attempt, and nothing is accepted twice.
    func checkKept(_ jobs: [String]) async throws {
        for id in jobs {
            let entries = try await farm.history(id).filter { $0.kind == "accepted" }
            var now: [Int: Int] = [:]
            for entry in entries {
                guard let segment = entry.segment else { continue }
                #expect(now[segment] == nil, "segment \(segment) of \(id) was accepted twice: \(done)")
                now[segment] = entry.attempt
            }
            for (segment, attempt) in accepted[id] ?? [:] {
                #expect(now[segment] == attempt, "segment \(segment) of \(id) was done again: \(done)")
            }
            accepted[id] = now
            let leases = try await farm.history(id).filter { $0.kind == "leased" }
            for (segment, attempt) in now {
                #expect(!leases.contains { $0.segment == segment && ($0.attempt ?? 0) > attempt + 1 }, "\(done)")
            }
        }
    }

    // MARK: Faults

    private func killWorker(_ name: String) async throws {
        let worker = try #require(workers[name])
        worker.signal(SIGKILL)
        let ended = await worker.wait()
        #expect(ended.bySignal && ended.status == SIGKILL, "\(ended)")
        workers[name] = try await farm.work(name, key: keys[name])
    }

    private func killEngine(of name: String) async throws {
        let worker = try #require(workers[name])
        for _ in 0..<200 where worker.engineChildren.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
        let engine = try #require(worker.engineChildren.first, "no engine to kill")
        #expect(kill(engine, SIGKILL) == 0)
        for _ in 0..<200 where CoordinatorProcess.isRunning(engine) { try await Task.sleep(for: .milliseconds(20)) }
        #expect(!CoordinatorProcess.isRunning(engine))
    }

    private func killCoordinator() async throws {
        coordinator.signal(SIGKILL)
        let ended = await coordinator.wait()
        #expect(ended.bySignal && ended.status == SIGKILL, "\(ended)")
        coordinator = try await farm.serve(Self.settings)
    }

    private func stop(_ process: CoordinatorProcess, for seconds: Double) async throws {
        process.signal(SIGSTOP)
        for _ in 0..<100 where !process.isStopped { try await Task.sleep(for: .milliseconds(10)) }
        #expect(process.isStopped)
        try await Task.sleep(for: .seconds(seconds))
        process.signal(SIGCONT)
        for _ in 0..<100 where process.isStopped { try await Task.sleep(for: .milliseconds(10)) }
        #expect(!process.isStopped)
    }

    private func cut() async throws {
        let broken = relays.control.cut(shut: true) + relays.bulk.cut(shut: true)
        #expect(broken > 0, "there was nothing to cut")
        try await Task.sleep(for: .seconds(2))
        relays.control.open()
        relays.bulk.open()
    }

    private func freeze() async throws {
        for relay in [relays.control, relays.bulk] { relay.freeze(true) }
        try await Task.sleep(for: .milliseconds(200))
        let before = relays.control.passed + relays.bulk.passed
        try await Task.sleep(for: .seconds(8))
        #expect(relays.control.passed + relays.bulk.passed == before, "bytes went through")
        for relay in [relays.control, relays.bulk] { relay.freeze(false) }
    }

    /// Stays in place until the next one.
    private func delay() async throws {
        let seconds = Double.random(in: 0.05...0.4, using: &generator)
        for relay in [relays.control, relays.bulk] { relay.delay(by: seconds) }
        let before = relays.control.held
        try await Task.sleep(for: .seconds(3))
        #expect(relays.control.held > before, "nothing was held back")
        for relay in [relays.control, relays.bulk] { relay.delay(by: 0) }
    }
}
