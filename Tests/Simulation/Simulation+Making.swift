package import FarmModel
import FarmProtocol
import Scheduling

/// Who works, and on what.
extension Simulation {
    /// The first worker can do everything and stays healthy, so that every job can end.
    func makeWorkers() {
        let isRoomy = generator.chance(0.3)
        for index in 0..<settings.workers {
            let slots = Int.random(in: 1...(isRoomy ? 4 : 2), using: &generator)
            let isBad = (1...5).contains(index) && index <= settings.badWorkers
            let isFull = index == 0 || generator.chance(0.6)
            let description = SlotDescription(
                device: isFull ? "cuda:0" : "cpu", deviceModel: "simulated", versions: [:],
                memory: isFull ? 16 << 30 : 4 << 30,
                encoders: isFull ? ["ffv1", "libx265"] : ["ffv1"])
            workers.append(
                SimulatedWorker(
                    name: "w\(index)", pace: generator.between(4, 40), flaw: isBad ? anyFlaw : nil,
                    descriptions: Array(repeating: description, count: slots)))
        }
    }

    private var anyFlaw: SimulatedWorker.Flaw {
        generator.chance(0.6) ? .engine : generator.chance(0.5) ? .calibrationToo : .bulk
    }

    static func isAble(_ slot: SlotDescription) -> Bool { slot.encoders.count == 2 }

    func makeFilms() {
        for number in 0..<settings.jobs {
            var needs = JobNeeds(encoder: generator.chance(0.3) ? "libx265" : "ffv1")
            if generator.chance(0.2) { needs.memory = 8 << 30 }
            if generator.chance(0.15) { needs.precision = .fp16 }
            let film = SimulatedFilm(
                id: JobID("job\(number)"), segments: settings.segments,
                cursed: number == 1 ? settings.cursedSegments : 0,
                needs: needs, priority: generator.chance(0.3) ? Int.random(in: -2...2, using: &generator) : 0,
                using: &generator)
            films[film.id] = film
            // Some are there from the beginning, some are handed in while the farm is at work.
            let isPinned = generator.chance(0.3) && needs.precision == .auto
            let plan = film.plan(order: Int64(number), isPinned: isPinned)
            store.insert(plan)
        }
    }

    func lease(_ attempt: AttemptID, slot: Int, extraRunUp: Int) -> Lease {
        let range = films[attempt.segment.job]?.ranges[attempt.segment.index] ?? FrameRange(0, 0)
        // The wire has no place for what the simulated engine is to know: its run-up is in the context.
        let context = FrameRange(range.first, range.end + extraRunUp)
        let task = SegmentTask(
            attempt: attempt, range: range, context: context, timestamps: [0, 1], recipe: Self.recipe,
            input: BlobReference(id: "source/\(attempt)", size: 1, sha256: ""))
        return Lease(task: task, slot: slot, lifetime: 30)
    }

    package static let recipe: Recipe = {
        let color = ColorDescription()
        let format = PictureFormat(
            width: 1000, height: 1000, layout: PixelLayout(family: .gray, bitDepth: 8), color: color)
        let encoding = EncodingSettings(
            codec: .ffv1, encoder: "ffv1", crf: 0, preset: nil, parameters: [], picture: format,
            sampleAspectRatio: Rational(1, 1), timeBase: Rational(1, 24), frameRate: Rational(24, 1),
            keyframeInterval: 24)
        let source = VideoStream(
            parameters: CodecParameters(codec: "ffv1", width: 64, height: 48), timeBase: Rational(1, 24),
            frameRate: Rational(24, 1))
        return Recipe(
            source: source, input: format, model: .nearest(scale: 2), scale: 2,
            overlap: 0, temporalBlend: 0, encoding: encoding, execution: nil)
    }()
}
