import FarmModel
import FarmProtocol
import Foundation
import Hashing
import TestSupport
import Testing

@testable import WorkerCore

/// The worker's session with a real coordinator's sockets on the other side, and engines that follow a script.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SessionTests {
    @Test func aLeaseBecomesAResult() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator()
        let hello = try await coordinator.hello()
        #expect(hello.held.isEmpty && hello.slots.map(\.deviceModel) == ["script"])
        try await coordinator.lease(0)
        let result = try await coordinator.result(0)
        let file = coordinator.folder.path(StandInCoordinator.file(result.attempt))
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)).count == result.output.size)
        #expect(!bench.scratch.isEmpty)  // until it is answered
        await coordinator.say(.accepted(result.attempt))
        try await coordinator.heartbeat(naming: [], after: await coordinator.heard.count)
        try await eventually("an empty scratch directory") { bench.scratch.isEmpty }
        await bench.end(coordinator)
    }

    @Test func aLeaseThatComesTwiceRunsOnce() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        bench.hold()
        try await coordinator.lease(0)
        try await coordinator.lease(0)
        try await coordinator.lease(1)
        try bench.release()
        _ = try await coordinator.result(0)
        _ = try await coordinator.result(1)
        await coordinator.say(.accepted(StandInCoordinator.attempt(0)))
        try await coordinator.lease(0)  // and once more when it is over
        try await coordinator.lease(2)
        _ = try await coordinator.result(2)
        #expect(bench.engine.given.filter { $0 == 0 }.count == 1)
        await bench.end(coordinator)
    }

    @Test func aLeaseThatWasCancelledJustBeforeDoesNotRun() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        await coordinator.say(.cancel(StandInCoordinator.attempt(0)))
        try await coordinator.lease(0)
        try await coordinator.lease(1)
        _ = try await coordinator.result(1)
        #expect(bench.engine.given == [1])
        await bench.end(coordinator)
    }

    @Test func aCancelledAttemptStopsAndTheNextRuns() async throws {
        let bench = try SessionBench { $0.hanging = [0] }
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        try await coordinator.lease(0)
        try await eventually("segment 0 in the engine") { bench.engine.given == [0] }
        await coordinator.say(.cancel(StandInCoordinator.attempt(0)))
        try await coordinator.lease(1)
        _ = try await coordinator.result(1)
        #expect(await coordinator.heard.failures.isEmpty)
        try await eventually("the files of 0 to go") { !bench.scratch.contains { $0.hasPrefix("test-0") } }
        await bench.end(coordinator)
    }

    @Test func anAttemptIsCancelledWhileItsPacketsAreFetched() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        try await coordinator.lease(0, served: false)
        try await coordinator.heartbeat(naming: [0])
        await coordinator.say(.cancel(StandInCoordinator.attempt(0)))
        try await coordinator.serve(StandInCoordinator.task(0))
        try await coordinator.lease(1)
        _ = try await coordinator.result(1)
        #expect(bench.engine.given == [1])
        #expect(await coordinator.heard.failures.isEmpty)
        await bench.end(coordinator)
    }

    @Test func aFailureIsToldWithItsLogUntilTheCoordinatorKnows() async throws {
        let bench = try SessionBench {
            $0.failing = [0]
            $0.says = ["the decoder says: \u{1B}[31mno"]
        }
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        try await coordinator.lease(0)
        let failure = try await coordinator.failure(0)
        #expect(failure.reason == "told to fail" && !failure.crashed)
        #expect(failure.log == ["attempt test/0#1 begins", "the decoder says: ?[31mno", "attempt test/0#1 ends"])
        // A heartbeat that still names it is answered with a cancel: then it is over.
        try await coordinator.heartbeat(naming: [0], after: await coordinator.heard.count)
        await coordinator.say(.cancel(StandInCoordinator.attempt(0)))
        try await coordinator.heartbeat(naming: [], after: await coordinator.heard.count)
        #expect(await coordinator.heard.failures.count == 1)
        await bench.end(coordinator)
    }

    @Test func aSlotThatIsNotThereIsAFailure() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        try await coordinator.lease(0, slot: 7)
        #expect(try await coordinator.failure(0).reason == "this worker has no slot 7")
        await bench.end(coordinator)
    }

    @Test func whatCannotBeReadIsPassedOver() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        for raw in [
            "", "{}", "{\"v\":\(Wire.version),\"type\":\"dance\"}", "{\"v\":\(Wire.version),\"type\":\"lease\"}",
        ] {
            await coordinator.say(raw: raw)
        }
        try await coordinator.lease(0)
        _ = try await coordinator.result(0)
        await bench.end(coordinator)
    }

    // MARK: Ends

    @Test func aRejectionEndsTheWorker() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator(welcomes: false)
        _ = try await coordinator.hello()
        await coordinator.say(.reject(reason: "a newer start of worker box is connected"))
        let error = await #expect(throws: WorkerError.self) { try await bench.run.value }
        #expect(error?.description == "the coordinator refuses this worker: a newer start of worker box is connected")
        await coordinator.close()
    }

    @Test(arguments: [(Wire.version + 1, "upgrade this worker"), (Wire.version - 1, "upgrade the coordinator")])
    func anotherVersionSaysWhichSideToUpgrade(_ version: Int, _ advice: String) async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator(welcomes: false)
        _ = try await coordinator.hello()
        await coordinator.say(raw: "{\"v\":\(version),\"type\":\"reject\",\"body\":{\"why\":\"another version\"}}")
        let error = await #expect(throws: WorkerError.self) { try await bench.run.value }
        #expect(error?.description.hasSuffix(advice) == true)
        await coordinator.close()
    }

    @Test func drainingFinishesWhatIsLeased() async throws {
        let bench = try SessionBench()
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        bench.hold()
        try await coordinator.lease(0)
        try await coordinator.lease(1)
        try await coordinator.heartbeat(naming: [0, 1])
        await bench.session.drain()
        _ = try await coordinator.wait("draining") { $0.drainings > 0 ? true : nil }
        await coordinator.say(.drain)  // as the coordinator answers
        try await coordinator.lease(2)  // which crossed it on the way
        try await coordinator.heartbeat(naming: [0, 1, 2], after: await coordinator.heard.count)
        #expect(await coordinator.heard.drainings == 1)
        try bench.release()
        for index in 0..<3 { await coordinator.say(.accepted(try await coordinator.result(index).attempt)) }
        try await bench.run.value
        try await eventually("goodbye") { await coordinator.heard.hasGoodbye }
        await coordinator.close()
    }

    @Test func drainingTellsAFailureBeforeItLeaves() async throws {
        let bench = try SessionBench { $0.failing = [0] }
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        bench.hold()
        try await coordinator.lease(0)
        try await coordinator.heartbeat(naming: [0])
        await bench.session.drain()
        try bench.release()
        try await bench.run.value
        try await eventually("goodbye") { await coordinator.heard.hasGoodbye }
        #expect(await coordinator.heard.failures.count == 1)
        await coordinator.close()
    }

    @Test func aWorkerThatIsToldToDrainWhileItStartsLeaves() async throws {
        let bench = try SessionBench()
        await bench.session.drain()
        try await bench.run.value
    }

    @Test func aDeviceWhoseEngineDoesNotStayUpEndsTheWorkerInOrder() async throws {
        let bench = try SessionBench { $0.deaths = 1000 }
        let error = await #expect(throws: EngineFailure.self) { try await bench.run.value }
        #expect(error?.isDeviceUnusable == true)
        #expect(error?.reason.contains("does not stay up (exited with status 3)") == true)
        #expect(bench.engine.starts.count == EngineSupervisor.uselessLimit)
    }

    // MARK: Models

    @Test func twoSlotsFetchAModelOnceAndFindItLater() async throws {
        let bench = try SessionBench(slots: 2)
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        let bytes = Data("not really a network".utf8)
        let hash = SHA256.hash(bytes).hexadecimal
        let blob = BlobReference(id: Wire.modelBlob(hash), size: Int64(bytes.count), sha256: hash)
        var model = StandIn.recipe(batch: 1).model
        model.sha256 = hash
        try coordinator.bulk.serve(id: blob.id, slices: [.bytes(bytes)])
        try await coordinator.lease(0, slot: 0, model: blob, reference: model)
        try await coordinator.lease(1, slot: 1, model: blob, reference: model)
        _ = try await coordinator.result(0)
        _ = try await coordinator.result(1)
        #expect(try Data(contentsOf: URL(fileURLWithPath: bench.folder.path("cache/models/\(hash).pt"))) == bytes)
        coordinator.bulk.withdraw(blob.id)
        try await coordinator.lease(2, model: blob, reference: model)
        _ = try await coordinator.result(2)
        await bench.end(coordinator)
    }

    @Test func aModelThatIsNotToBeHadIsAFailureThatSaysBoth() async throws {
        let bench = try SessionBench(configure: { $0.bulkLimits.grace = 0 })
        let coordinator = try await bench.coordinator()
        _ = try await coordinator.hello()
        let hash = String(repeating: "ab", count: 32)
        var model = StandIn.recipe(batch: 1).model
        model.sha256 = hash
        let blob = BlobReference(id: Wire.modelBlob(hash), size: 1, sha256: hash)
        try await coordinator.lease(0, model: blob, reference: model)
        try await coordinator.lease(1, reference: model)
        let reason = try await coordinator.failure(0).reason
        #expect(reason.contains("is not here") && reason.contains("nor can it be fetched: blob model/abab"))
        #expect(try await coordinator.failure(1).reason.contains("is not here"))
        await bench.end(coordinator)
    }
}
