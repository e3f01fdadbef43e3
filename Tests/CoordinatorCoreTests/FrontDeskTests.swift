import FarmModel
import FarmProtocol
import Foundation
import Messaging
import SchedulingSupport
import TestSupport
import Testing

@testable import CoordinatorCore

/// What people are answered, with a real queue, spool and sockets behind it.
@Suite(.timeLimit(.minutes(2))) struct FrontDeskTests {
    private let folder: TemporaryFolder
    private let ann = Sender.holder(KeyHolder(role: .client, name: "ann", publicKey: ""))
    private let bob = Sender.holder(KeyHolder(role: .client, name: "bob", publicKey: ""))

    init() throws { folder = try TemporaryFolder() }

    private func open() async throws -> (bench: DispatcherBench, desk: FrontDesk) {
        let bench = try await DispatcherBench(folder)
        let farm = bench.farm
        let state = folder.path("state")
        let intake = Intake(store: farm.store, preparation: farm.preparation, logger: RecordedLog().logger) { _ in }
        let desk = FrontDesk(
            dispatcher: farm.dispatcher, store: farm.store, bulk: farm.bulk, intake: intake, models: farm.models,
            uploads: try UploadStore(stateDirectory: state), shelf: FilmShelf(stateDirectory: state),
            roots: try AllowedRoots([]), spool: bench.spool, reserve: 0, logger: RecordedLog().logger)
        return (bench, desk)
    }

    private func ask(_ desk: FrontDesk, _ ask: ClientRequest.Ask, _ sender: Sender) async -> ClientReply.Answer {
        await desk.answer(ClientRequest(id: 1, ask: ask), from: sender).answer
    }

    private func upload(_ number: Int, size: Int64 = 4) -> Upload {
        let hash = String(format: "%02x", number) + String(repeating: "0", count: 62)
        return Upload(kind: .film, name: "film.mkv", size: size, sha256: hash)
    }

    private func isDelivered(_ answer: ClientReply.Answer) -> Bool {
        if case .deliver = answer { true } else { false }
    }

    @Test func aKeyBringsSoManyFilesAtATime() async throws {
        let (bench, desk) = try await open()
        for number in 0..<8 { #expect(isDelivered(await ask(desk, .upload(upload(number)), ann))) }
        guard case .refused(let refusal) = await ask(desk, .upload(upload(8)), ann) else {
            throw NeverHeld(description: "a ninth upload")
        }
        #expect(refusal.message.contains("8 uploads of the key ann are under way"))
        // One that is under way may be asked for again, and others have their own.
        #expect(isDelivered(await ask(desk, .upload(upload(3)), ann)))
        #expect(isDelivered(await ask(desk, .upload(upload(8)), bob)))
        // One that has come makes room.
        let path = try UploadStore(stateDirectory: folder.path("state")).path(upload(0))
        try Data("film".utf8).write(to: URL(fileURLWithPath: path))
        #expect(isDelivered(await ask(desk, .upload(upload(9)), ann)))
        await bench.close()
    }

    /// Asked at the same time.
    @Test func whatAKeyMayBringIsCountedBeforeAnythingIsWaitedFor() async throws {
        let (bench, desk) = try await open()
        let taken = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<32 {
                group.addTask { isDelivered(await ask(desk, .upload(upload(number)), ann)) }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(taken == 8)
        await bench.close()
    }

    /// A film that was changed after it was hashed is never taken: its client is told so, and does not send it for ever.
    @Test func aFilmThatChangesUnderItsClientIsRefusedInTheEnd() async throws {
        let (bench, desk) = try await open()
        await bench.dispatcher.connect(desk: { await desk.answer($0, from: $1) }, ended: { _, _ in })
        let film = folder.path("film.mkv")
        try Data(count: 3 << 20).write(to: URL(fileURLWithPath: film))
        let client = try FarmClient(
            FarmAccess(
                control: "ipc://" + folder.path("control"), bulk: "ipc://" + folder.path("bulk"), security: .localOnly))
        let error = await #expect(throws: CoordinatorError.self) {
            _ = try await client.upload(
                film, as: .film,
                hashing: { done, total in
                    guard done == total, let file = FileHandle(forWritingAtPath: film) else { return }
                    file.write(Data([1]))
                    try? file.close()
                }, progress: { _, _ in })
        }
        #expect(error?.kind == .farm && error?.message.contains("refuses it") == true, "\(String(describing: error))")
        await client.close()
        await bench.close()
    }

    @Test func spaceThatWasPromisedIsNotPromisedAgain() async throws {
        let (bench, desk) = try await open()
        let free = try DiskSpace.free(folder.url.path)
        #expect(isDelivered(await ask(desk, .upload(upload(1, size: free / 10 * 6)), ann)))
        guard case .refused(let refusal) = await ask(desk, .upload(upload(2, size: free / 10 * 6)), bob) else {
            throw NeverHeld(description: "more than there is room for")
        }
        #expect(refusal.kind == .file && refusal.message.contains("room for"))
        await bench.close()
    }

    /// Between being told that its film is here and handing it in.
    @Test func whatSomebodyIsAboutToHandInIsNotRemoved() async throws {
        let (bench, desk) = try await open()
        let store = try UploadStore(stateDirectory: folder.path("state"))
        for number in [1, 2] {
            try Data("film".utf8).write(to: URL(fileURLWithPath: try store.path(upload(number))))
        }
        #expect(await ask(desk, .upload(upload(1)), ann) == .present)
        try await desk.giveBackUploads(released: [store.path(upload(1)), store.path(upload(2))])
        #expect(try store.holds(upload(1)) && !store.holds(upload(2)))
        await bench.close()
    }

    @Test func aLongQueueComesInPages() async throws {
        let (bench, desk) = try await open()
        for number in 0..<450 {
            let id = JobID(String(format: "j%04d", number))
            try await bench.store.insert(record(id, segments: 1))
            try await bench.store.apply([.state(id, .failed, reasons: (0..<9).map { "reason \($0)" })])
        }
        var jobs: [JobView] = []
        for from in [0, 200, 400] {
            guard case .queue(let page) = await ask(desk, .queue(all: true, from: from), ann) else {
                throw NeverHeld(description: "no page")
            }
            jobs += page
        }
        #expect(jobs.count == 450 && jobs.first?.id == JobID("j0000") && jobs.last?.id == JobID("j0449"))
        #expect(jobs[0].reasons == ["reason 6", "reason 7", "reason 8"])
        await bench.close()
    }

    @Test func anAnswerThatIsTooLongIsSaidToBe() throws {
        let long = ClientReply(id: 7, answer: .done(String(repeating: "x", count: 9 << 20)))
        let reply = try ClientReply(decoding: try Dispatcher.encoded(long))
        guard reply.id == 7, case .refused(let refusal) = reply.answer else {
            throw NeverHeld(description: "no refusal")
        }
        #expect(refusal.message.contains("more than a message may have"))
    }

    @Test func whatAWorkerSaysOfItsFailureIsBounded() {
        let failure = AttemptFailure(
            attempt: nil, job: film, reason: String(repeating: "é", count: 5000) + "\u{1B}[2J", crashed: true,
            log: (0..<1000).map { "line \($0)\u{7}" + String(repeating: "x", count: 5000) })
        let bounded = failure.bounded
        #expect(bounded.reason.utf8.count <= 2000 && bounded.log?.count == 30)
        #expect(bounded.log?.last?.hasPrefix("line 999?") == true)
        #expect(bounded.log?.allSatisfy { $0.utf8.count <= 500 } == true)
    }
}
