import FarmModel
import FarmProtocol
import Foundation
import Messaging
import TestSupport
import Testing

@testable import WorkerCore

/// A coordinator that goes away, and one that comes back, perhaps without its memory.
@Suite(.serialized, .timeLimit(.minutes(5))) struct OutageTests {
    @Test func helloNamesWhatIsHeld() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator()
        #expect(try await coordinator.hello().held.isEmpty)
        bench.hold()
        // Two inside the engine, one that waits for it, one whose packets cannot be had.
        for index in 0..<3 { try await coordinator.lease(index) }
        try await coordinator.lease(3, served: false)
        try await coordinator.heartbeat(naming: [0, 1, 2, 3])
        await coordinator.say(.stranger)
        #expect(try await coordinator.hello(2).held == (0..<4).map { StandInCoordinator.attempt($0) })
        await bench.end(coordinator)
    }

    @Test func nothingIsSaidBeforeTheWelcome() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        try await coordinator.lease(0)
        _ = try await coordinator.result(0)
        await coordinator.close()
        let second = try await bench.coordinator(welcomes: false)
        #expect(try await second.hello().held == [StandInCoordinator.attempt(0)])
        try await Task.sleep(for: .seconds(1))  // ten heartbeats' time
        #expect(await second.heard.count == 1)
        await second.expect(StandInCoordinator.attempt(0))
        await second.say(.welcome(Welcome(heartbeatInterval: 0.1)))
        _ = try await second.result(0)
        // A coordinator that was started anew gets the bytes anew.
        try await eventually("the bytes of 0") {
            await second.arrived == [Wire.encodedBlob(StandInCoordinator.attempt(0))]
        }
        await second.say(.accepted(StandInCoordinator.attempt(0)))
        try await second.heartbeat(naming: [], after: await second.heard.count)
        await bench.end(second)
    }

    @Test func workGoesOnWithoutTheCoordinator() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        bench.hold()
        try await coordinator.lease(0)
        try await coordinator.lease(1)
        try await eventually("both in the engine") { bench.engine.given.sorted() == [0, 1] }
        await coordinator.close()
        try bench.release()
        try await eventually("both encoded") { bench.scratch.count { $0.hasSuffix(".encoded") } == 2 }
        let second = try await bench.coordinator(welcomes: false)
        #expect(try await second.hello().held.count == 2)
        // It refuses what it does not expect yet, and that ends nothing.
        try await Task.sleep(for: .seconds(1))
        for index in 0..<2 { await second.expect(StandInCoordinator.attempt(index)) }
        await second.say(.welcome(Welcome(heartbeatInterval: 0.1)))
        for index in 0..<2 { _ = try await second.result(index) }
        #expect(await second.heard.failures.isEmpty)
        await bench.end(second)
    }

    /// One that was started anew finds out little by little what it expects, its welcome notwithstanding.
    @Test func refusalsSoonAfterAWelcomeAreNoFailure() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        bench.hold()
        try await coordinator.lease(0)
        try await eventually("in the engine") { bench.engine.given == [0] }
        await coordinator.close()
        try bench.release()
        try await eventually("encoded") { bench.scratch.contains { $0.hasSuffix(".encoded") } }
        let second = try await bench.coordinator()
        _ = try await second.hello()
        try await Task.sleep(for: .seconds(12))  // more than five refusals' time
        await second.expect(StandInCoordinator.attempt(0))
        _ = try await second.result(0)
        #expect(await second.heard.failures.isEmpty)
        await bench.end(second)
    }

    @Test func refusalsLongAfterAWelcomeAreAFailure() async throws {
        let bench = try SessionBench(configure: { $0.bulkLimits.grace = 0 })
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        try await coordinator.lease(0, served: false)
        #expect(try await coordinator.failure(0).reason.contains("no such blob is served"))
        await bench.end(coordinator)
    }

    /// A coordinator whose disk is full has its workers keep what they have.
    @Test func whatIsNotTakenForNowIsKept() async throws {
        let bench = try SessionBench(configure: { $0.bulkLimits.grace = 0 })
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        coordinator.bulk.hold("the disk is full")
        try await coordinator.lease(0)
        try await eventually("encoded") { bench.scratch.contains { $0.hasSuffix(".encoded") } }
        try await Task.sleep(for: .seconds(10))  // more than five refusals' time
        coordinator.bulk.hold(nil)
        _ = try await coordinator.result(0)
        #expect(await coordinator.heard.failures.isEmpty)
        await bench.end(coordinator)
    }

    /// A firewall may let only one of the two ports through: its operator must read that.
    @Test func aBulkEndpointThatDoesNotAnswerIsNamed() async throws {
        let bench = try SessionBench(configure: {
            $0.bulk = try EndpointAddress($0.bulk.description + "-nowhere")
            $0.bulkLimits.silence = 2
            $0.bulkLimits.timing = BulkTiming(retry: .milliseconds(50), giveUp: .milliseconds(200))
        })
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        try await coordinator.lease(0)
        let reason = try await coordinator.failure(0).reason
        #expect(reason.contains("bulk ipc://") && reason.contains("-nowhere does not answer"), "\(reason)")
        await bench.end(coordinator)
    }

    @Test func aFailureOutlastsTheConnection() async throws {
        let bench = try SessionBench { $0.failing = [0] }
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        bench.hold()
        try await coordinator.lease(0)
        try await coordinator.lease(1)
        try await eventually("both in the engine") { bench.engine.given.sorted() == [0, 1] }
        await coordinator.close()
        try bench.release()
        try await eventually("1 to be encoded") { bench.scratch.contains { $0 == "test-1-1.encoded" } }
        let second = try await bench.coordinator()
        #expect(try await second.hello().held.contains(StandInCoordinator.attempt(0)))
        #expect(try await second.failure(0).reason == "told to fail")
        // Told, and the connection breaks before the coordinator has said a word: told again.
        await second.close()
        let third = try await bench.coordinator()
        #expect(try await third.failure(0).reason == "told to fail")
        await bench.end(third)
    }

    @Test func aCalibrationOutlastsTheConnection() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        await coordinator.say(
            .calibrate(
                CalibrationRequest(
                    job: JobID("test"), slot: 0, recipe: StandIn.recipe(batch: 1), tile: nil, batch: nil,
                    precision: .fp32)))
        _ = try await coordinator.wait("calibrated") { $0.calibrations.first }
        await coordinator.close()
        let second = try await bench.coordinator()
        _ = try await second.wait("calibrated") { $0.calibrations.first }
        await bench.end(second)
    }

    @Test func aCalibrationThatIsAskedForAgainGoesOn() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        let request = CalibrationRequest(
            job: JobID("test"), slot: 0, recipe: StandIn.recipe(batch: 1), tile: nil, batch: nil, precision: .fp32)
        for _ in 0..<3 { await coordinator.say(.calibrate(request)) }
        _ = try await coordinator.wait("calibrated") { $0.calibrations.first }
        try await coordinator.lease(0)
        _ = try await coordinator.result(0)
        #expect(try await coordinator.wait("no failure") { $0.failures.isEmpty ? true : false })
        await bench.end(coordinator)
    }

    @Test func packetsThatComeLateAreWaitedFor() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        try await coordinator.lease(0, served: false)
        try await coordinator.heartbeat(naming: [0])
        try await Task.sleep(for: .milliseconds(600))
        try await coordinator.serve(StandInCoordinator.task(0))
        _ = try await coordinator.result(0)
        #expect(await coordinator.heard.failures.isEmpty)
        await bench.end(coordinator)
    }

    @Test func drainingOutlastsTheConnection() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        bench.hold()
        try await coordinator.lease(0)
        try await coordinator.heartbeat(naming: [0])
        await coordinator.close()
        await bench.session.drain()
        let second = try await bench.coordinator()
        _ = try await second.wait("draining") { $0.drainings > 0 ? true : nil }
        await second.expect(StandInCoordinator.attempt(0))
        try bench.release()
        await second.say(.accepted(try await second.result(0).attempt))
        try await bench.run.value
        await second.close()
    }

    @Test func aSilentCoordinatorIsGreetedAgainWithoutAPause() async throws {
        let bench = try SessionBench(silenceLimit: 1)
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        bench.hold()
        try await coordinator.lease(0)
        try await coordinator.heartbeat(naming: [0])
        await coordinator.keepQuiet()
        #expect(try await coordinator.hello(3).held == [StandInCoordinator.attempt(0)])
        // Its leases are renewed all the while: it may be busy, and not gone.
        try await coordinator.heartbeat(naming: [0], after: await coordinator.heard.count)
        await bench.end(coordinator)
    }
}
