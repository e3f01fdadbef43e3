import FarmModel
import FarmProtocol
import Foundation

/// One value of everything that travels, with every optional field filled.
enum Samples {
    static let segment = SegmentID(job: JobID("k7f"), index: 3)
    static let attempt = AttemptID(segment: segment, number: 2)
    static let hash = String(repeating: "0f", count: 32)
    static let blob = BlobReference(id: Wire.sourceBlob(attempt), size: 1234, sha256: hash)

    static let encoded = BlobReference(id: Wire.encodedBlob(attempt), size: 1234, sha256: hash)

    static let modelBlob = BlobReference(id: Wire.modelBlob(hash), size: 4321, sha256: hash)

    static let layout = PixelLayout(family: .yuv, bitDepth: 8, chromaShiftX: 1, chromaShiftY: 1)
    static let picture = PictureFormat(width: 320, height: 180, layout: layout, color: ColorDescription())
    static let stream = VideoStream(
        parameters: CodecParameters(
            codec: "h264", codecTag: 1, extradata: Data([1, 2, 3]), pixelFormat: "yuv420p", width: 320, height: 180),
        timeBase: Rational(1, 12800), frameRate: Rational(25, 1))
    static let model = ModelReference(
        description: ModelDescription(
            name: "animevideov3", scale: 4, receptiveRadius: 18, licence: "BSD-3-Clause", source: "a wheel",
            sourceSHA256: hash),
        sha256: hash, path: "/models/a.pt")
    static let shape = ExecutionShape(tile: 96, batch: 4, precision: .fp32)
    static let encoding = EncodingSettings(
        codec: .hevc, encoder: "libx265", crf: 18, preset: "medium",
        parameters: [EncoderParameter(key: "aq-mode", value: "3")], picture: picture, sampleAspectRatio: Rational(1, 1),
        timeBase: Rational(1, 12800), frameRate: Rational(25, 1), keyframeInterval: 250,
        gopLength: .seconds(10))
    static let recipe = Recipe(
        source: stream, input: picture, model: model, scale: 4, overlap: 1, temporalBlend: 1, encoding: encoding,
        execution: shape)
    static let task = SegmentTask(
        attempt: attempt, range: FrameRange(1, 3), context: FrameRange(0, 4), keyframes: [2],
        timestamps: [0, 512, 1024, 1536],
        recipe: recipe, input: blob)
    static let stages: StageTimes = {
        var stages = StageTimes()
        stages.decode = .init(busy: 1, starved: 0.5, blocked: 0.25)
        return stages
    }()

    static let worker: [WorkerMessage] = [
        .hello(
            WorkerHello(
                worker: WorkerIdentity(name: "box-1", epoch: 17, processID: 4711),
                slots: [
                    SlotDescription(
                        device: "cpu", deviceModel: "EPYC", versions: ["libtorch": "1.13.1"], memory: 1 << 33,
                        encoders: ["libx265"])
                ], held: [attempt])),
        .heartbeat(Heartbeat(attempts: [.init(attempt: attempt, frames: 12)])),
        .calibrated(Calibration(job: JobID("k7f"), shape: shape, framesPerSecond: 2.5)),
        .result(SegmentResult(attempt: attempt, output: encoded, frames: 2, missing: [1], stages: stages)),
        .failure(
            AttemptFailure(
                attempt: attempt, job: JobID("k7f"), reason: "no picture", crashed: true, log: ["[hevc] no picture"])),
        .failure(AttemptFailure(attempt: nil, job: JobID("k7f"), reason: "out of memory", crashed: false)),
        .draining,
        .goodbye,
    ]

    static let coordinator: [CoordinatorMessage] = [
        .welcome(Welcome(heartbeatInterval: 2)),
        .reject(reason: "protocol version 3 meets 2: upgrade the coordinator"),
        .stranger,
        .calibrate(
            CalibrationRequest(
                job: JobID("k7f"), slot: 0, recipe: recipe, tile: 96, batch: 4, precision: .auto, model: modelBlob)),
        .lease(Lease(task: task, slot: 1, lifetime: 30, model: modelBlob)),
        .accepted(attempt),
        .refused(attempt, reason: "the hash is wrong"),
        .cancel(attempt),
        .drain,
    ]

    static let bulk: [BulkHeader] = [
        BulkHeader(.get, blob: blob.id, offset: 0, size: 1234),
        BulkHeader(.data, blob: blob.id, offset: 0),
        BulkHeader(.offer, blob: blob.id, size: 1234, sha256: hash),
        BulkHeader(.received, blob: blob.id),
        BulkHeader(.refused, blob: blob.id, reason: "nobody expects it"),
    ]
}

/// What people's commands and the coordinator say to each other.
extension Samples {
    static let job = JobID("k7f")
    static let upload = Upload(kind: .film, name: "film.mkv", size: 1234, sha256: hash)

    static let requests: [ClientRequest] =
        [
            .ping, .resolve(model: "nearest", upload: upload, scale: 2, reach: 3), .upload(upload),
            .submit(
                Submission(
                    token: "t", film: .uploaded(upload), output: "/films/out.mkv", container: "mkv",
                    settings: JobSettings(scale: 2, height: 540, codec: .av1, segmentLength: .frames(24)),
                    model: upload,
                    priority: 5,
                    overwrite: true)),
            .submit(Submission(token: "t", film: .path("/films/film.mkv"), settings: JobSettings())),
            .queue(all: true), .show(job: job), .workers, .logs(job: job, after: 7), .fetch(job: job),
            .act(job: job, .pause), .act(job: job, .resume), .act(job: job, .cancel), .act(job: job, .retry),
            .act(job: job, .remove), .act(job: job, .priority(3)), .manage(worker: "box-1", .drain),
            .manage(worker: "box-1", .undrain), .manage(worker: "box-1", .reinstate),
        ].enumerated().map { ClientRequest(id: Int64($0.offset), ask: $0.element) }

    static let running = JobDetail.Running(attempt: attempt, worker: "box-1", frames: 3, total: 24, seconds: 1.5)
    static let view = JobView(
        id: job, film: "film.mkv", owner: "anna", state: .running, priority: 1, frames: 12, total: 48,
        segments: .init(accepted: 1, leased: 2, waiting: 3), fps: 2.5, eta: .init(low: 10, high: 20),
        waits: ["no worker is connected"], reasons: ["it failed"], output: "/films/out.mkv", submitted: 1, updated: 2)
    static let detail = JobDetail(
        job: view, recipe: "320x180 to 640x360", running: [running], slowest: running,
        failures: [.init(attempt: attempt, worker: "box-1", reason: "no picture", log: ["[hevc] no picture"])],
        warnings: ["a warning"], deviceBusy: 0.5, resultFrames: 48)
    static let slot = WorkerView.Slot(
        device: "cpu", deviceModel: "EPYC", memory: 1 << 33, versions: ["libtorch": "1.13.1"], encoders: ["libx265"],
        leases: [running],
        calibrates: job, fps: 2.5)

    static let replies: [ClientReply] =
        [
            .model(recipe.model), .deliver(BlobReference(id: Wire.uploadBlob(hash), size: 1234, sha256: hash)),
            .present,
            .submitted(job: job), .queue([view]), .job(detail),
            .workers([
                WorkerView(
                    name: "box-1", state: .aside, reason: "its encoder is broken", slots: [slot], segmentsDone: 3,
                    failures: 3, lastHeard: 0.5)
            ]),
            .logs([HistoryView(number: 8, time: 1, segment: 3, attempt: 2, kind: "leased", detail: "box-1, slot 0")]),
            .film(FilmOffer(blob: BlobReference(id: Wire.filmBlob(job), size: 1234, sha256: hash), name: "out.mkv")),
            .done("k7f: paused"), .refused(Refusal(.usage, "there is no job k7f")),
        ].enumerated().map { ClientReply(id: Int64($0.offset), answer: $0.element) }
}

/// Any JSON, to compare documents whatever the order of their keys.
enum JSON: Codable, Hashable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([JSON].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .bool(let bool): try value.encode(bool)
        case .number(let number): try value.encode(number)
        case .string(let string): try value.encode(string)
        case .array(let array): try value.encode(array)
        case .object(let object): try value.encode(object)
        }
    }

    static func parse(_ data: Data) throws -> JSON { try JSONDecoder().decode(JSON.self, from: data) }
}
