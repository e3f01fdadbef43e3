import FarmModel
import FarmProtocol
import Foundation
import GRDB
import Hashing
import Logging
import Media
import Messaging
import Processes
import Scheduling
import SchedulingSupport
import TestSupport

@testable import CoordinatorCore

/// A coordinator's real parts on sockets of its own, and one job of gray pictures in its queue and spool.
struct DispatcherBench {
    let folder: TemporaryFolder
    let farm: Farm
    private let running: Task<Void, Never>

    var dispatcher: Dispatcher { farm.dispatcher }
    var store: QueueStore { farm.store }
    var spool: Spool { Spool(stateDirectory: folder.path("state")) }

    /// - Parameters:
    ///   - script: what the child that reads and joins films does, in the shell.
    ///   - isRunning: the dispatcher works; else a test carries out its decisions one by one.
    init(
        _ folder: TemporaryFolder? = nil, script: String = "exit 1", isRunning: Bool = true,
        configure: (inout FarmConfiguration) -> Void = { _ in }
    ) async throws {
        let folder = try folder ?? TemporaryFolder()
        var configuration = FarmConfiguration(
            stateDirectory: folder.path("state"), control: "ipc://" + folder.path("control"),
            bulk: "ipc://" + folder.path("bulk"),
            filmTool: Launch(executable: "/bin/sh", arguments: ["-c", script]), heartbeatInterval: 0.2)
        configure(&configuration)
        let farm = try await Farm.open(configuration, logger: Logger(label: "test"))
        (self.folder, self.farm) = (folder, farm)
        running = Task { if isRunning { await farm.dispatcher.run() } }
    }

    func close() async {
        running.cancel()
        await running.value
        await farm.close()
    }

    func worker(_ name: String = "box", slots: Int = 1, holding held: [AttemptID] = []) throws -> BenchWorker {
        try BenchWorker(name, slots: slots, holding: held, in: folder)
    }

    // MARK: The job

    /// Puts a job into the queue, with its spool; `add` takes it up.
    func make(segments count: Int, frameSize: UInt32 = 1000) async throws {
        let source = folder.path("film.mkv")
        try Data("film".utf8).write(to: URL(fileURLWithPath: source))
        try spool.create(film)
        let packets = (0..<count * framesPerSegment).map {
            FrameTable.Packet(
                pts: Int64($0), dts: Int64($0), offset: Int64(frameSize) * Int64($0), size: frameSize,
                flags: [.entry, .frame])
        }
        try FrameTable(timeBase: Rational(1, 24), headerSize: 0, packets: packets).save(to: spool.frameTable(film))
        guard FileManager.default.createFile(atPath: spool.packets(film), contents: nil),
            truncate(spool.packets(film), off_t(frameSize) * off_t(packets.count)) == 0
        else { throw CocoaError(.fileWriteUnknown) }
        var job = record(film, segments: count)
        job.source = source
        job.output = folder.path("out.mkv")
        job.sourceIdentity = try Self.identity(of: source)
        job.recipe.overlap = 0
        job.recipe.encoding = BenchSegment.encoding()
        try await store.insert(job)
    }

    private static func identity(of path: String) throws -> String {
        let identity = String(decoding: try JSONEncoder().encode(SourceIdentity.read(path)), as: UTF8.self)
        return #"{"identity":\#(identity),"videoIndex":0,"warnings":[]}"#
    }

    /// Has the dispatcher take up the job as a coordinator's start does.
    func takeUp() async throws {
        guard let record = try await store.job(film) else { throw CocoaError(.fileNoSuchFile) }
        try await dispatcher.takeUp(record)
    }

    /// Opening the packet store waits until `release` from now on, as on a disk that is too slow.
    func block() throws {
        try FileManager.default.removeItem(atPath: spool.packets(film))
        guard mkfifo(spool.packets(film), 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    /// Lets those go that wait; what they read is an error.
    func release() {
        let descriptor = open(spool.packets(film), O_RDWR | O_NONBLOCK | O_CLOEXEC)
        Thread.sleep(forTimeInterval: 0.2)
        _ = Foundation.close(descriptor)
    }

    var plan: JobPlan {
        get async throws {
            guard let plan = try await store.job(film)?.plan else { throw CocoaError(.fileNoSuchFile) }
            return plan
        }
    }

    /// The queue's file grows to so many pages, or stays as it is where it is larger.
    func limitStore(pages: Int) async throws {
        try await store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
    }

    /// One that takes room in the queue's file.
    func longHello(_ name: String) -> WorkerHello {
        var hello = SchedulingSupport.hello(name)
        hello.slots[0].deviceModel = String(repeating: "x", count: 1 << 20)
        return hello
    }

    /// What the coordinator answers to a person's command.
    func ask(_ ask: ClientRequest.Ask) async throws -> ClientReply.Answer? {
        let control = try ControlClient(
            context: try MessagingContext(), endpoint: try EndpointAddress(ipcPath: folder.path("control")))
        defer { Task { await control.close() } }
        for await event in control.events {
            switch event {
            case .connected: control.send(try ClientRequest(id: 1, ask: ask).encoded())
            case .message(let data): return try ClientReply(decoding: data).answer
            default: break
            }
        }
        return nil
    }

    /// Puts accepted results of the first `count` segments into the queue and the spool.
    func accept(_ count: Int, by worker: String = "box") async throws {
        for index in 0..<count {
            let segment = try BenchSegment(attempt(index))
            try segment.bytes.write(to: URL(fileURLWithPath: spool.segment(attempt(index))))
            try await store.apply([
                .leased(attempt(index), worker: worker, slot: 0, extraRunUp: 0), .accepted(segment.result),
            ])
        }
    }
}

/// Waits until something holds, for as long as a test may take.
func until(
    _ what: String, isolation: isolated (any Actor)? = #isolation, _ holds: () async throws -> Bool
) async throws {
    for _ in 0..<6000 {
        if try await holds() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw NeverHeld(description: "never: \(what)")
}

struct NeverHeld: Error, CustomStringConvertible {
    let description: String
}

/// An encoded segment of the bench's job: gray pictures.
struct BenchSegment {
    let bytes: Data
    let result: SegmentResult

    /// - Parameter level: parameter sets differ where it does.
    init(_ attempt: AttemptID, level: String? = nil) throws {
        let encoder = try EncoderCatalog.open(Self.encoding(level: level), threads: 1)
        let picture = PictureBuffer(format: Self.encoding().picture)
        for plane in 0..<picture.format.layout.planeCount {
            memset(picture.mutablePlane(plane), 0, picture.stride(plane) * picture.format.planeSize(plane).height)
        }
        let first = attempt.segment.index * framesPerSegment
        let packets = try (first..<first + framesPerSegment).flatMap {
            try encoder.encode(picture, timestamp: Int64($0))
        }
        bytes = try (packets + encoder.finish()).reduce(into: PacketFile.header(for: encoder.stream)) {
            $0.append(PacketFile.record(for: $1))
        }
        let hash = SHA256.hash(bytes).hexadecimal
        result = SegmentResult(
            attempt: attempt,
            output: BlobReference(id: Wire.encodedBlob(attempt), size: Int64(bytes.count), sha256: hash),
            frames: framesPerSegment, missing: [], stages: StageTimes())
    }

    static func encoding(level: String? = nil) -> EncodingSettings {
        let format = PictureFormat(
            width: 64, height: 48, layout: PixelLayout(family: .yuv, bitDepth: 8, chromaShiftX: 1, chromaShiftY: 1),
            color: ColorDescription())
        return EncodingSettings(
            codec: .ffv1, encoder: "ffv1", crf: 18, preset: nil,
            parameters: level.map { [EncoderParameter(key: "coder", value: $0)] } ?? [], picture: format,
            sampleAspectRatio: Rational(1, 1), timeBase: Rational(1, 24), frameRate: Rational(24, 1),
            keyframeInterval: 1)
    }
}
