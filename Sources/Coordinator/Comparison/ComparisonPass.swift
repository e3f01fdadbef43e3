internal import FarmModel
internal import Media

/// The films on their way, picture by picture.
struct ComparisonPass {
    let a: MeasuredFilm
    let b: MeasuredFilm
    let reference: MeasuredFilm?
    /// First frames of scenes, but for the film's own.
    private(set) var cuts: [Int] = []
    private var target: LumaScale.Target?
    private let motion: Motion
    private var look: SceneLook?

    var frames: Int { a.count }
    var position: Double { a.position }
    private var films: [MeasuredFilm] { [a, b] + (reference.map { [$0] } ?? []) }
    /// What the others are held against, and where motion and cuts are taken from.
    private var guide: MeasuredFilm { reference ?? b }
    private var judged: [MeasuredFilm] { reference == nil ? [a] : [a, b] }

    init(_ request: ComparisonRequest, isCancelled: @escaping @Sendable () -> Bool) throws {
        func open(_ path: String) throws -> MeasuredFilm { try MeasuredFilm(path, isCancelled: isCancelled) }
        (a, b, reference) = (try open(request.a), try open(request.b), try request.reference.map(open))
        motion = try Motion()
    }

    /// Measures the next picture of each film; false after the last.
    mutating func step() throws -> Bool {
        guard try read() else { return false }
        let target = try target ?? begin()
        do {
            for film in films { try film.measure(on: target) }
            for film in judged { film.similarity.append(try film.current.similarity(to: guide.current)) }
            try measureMotion()
        } catch let error as MediaError {
            throw MediaError(error.kind, "\(a.path) and \(b.path) at frame \(frames - 1): \(error.message)")
        }
        return true
    }

    /// Of the first pictures, which have been read.
    private mutating func begin() throws -> LumaScale.Target {
        for film in films.dropFirst() where film.size != a.size {
            throw MediaError(
                .source,
                "\(a.path) is \(a.size) and \(film.path) \(film.size): only films of one size can be compared")
        }
        let new = LumaScale.Target(films.compactMap(\.format))
        target = new
        return new
    }

    private mutating func measureMotion() throws {
        let next = try SceneLook(guide.current)
        defer { look = next }
        var isMeasured = false
        if let look {
            let seen = try motion.estimate(from: guide.previous, to: guide.current)
            isMeasured = !look.isCut(to: next, seen: seen)
            if !isMeasured { cuts.append(frames - 1) }
        }
        for film in [a, b] {
            film.warpingError.append(
                isMeasured ? try motion.warpingError(from: film.previous, to: film.current) : nil)
        }
    }

    /// Reads a picture of each film; false where all have ended.
    private func read() throws -> Bool {
        let more = try films.map { (film: $0, goesOn: try $0.read()) }
        guard let ended = more.first(where: { !$0.goesOn })?.film else { return true }
        if let longer = more.first(where: \.goesOn)?.film {
            let why = ended.warnings.first.map { " (\($0))" } ?? ""
            throw MediaError(
                .source,
                "\(ended.path) ends after \(ended.count.counting("frame")), where \(longer.path) goes on: only films "
                    + "of as many frames can be compared\(why)")
        }
        guard ended.count > 0 else { throw MediaError(.source, "\(ended.path) has no picture that can be decoded") }
        return false
    }

    /// What makes the figures doubtful, a line each.
    var warnings: [String] {
        let matrices = films.compactMap { film in film.lumaMatrix.map { (film.path, $0) } }
        let odd = matrices.dropFirst().filter { $0.1 != matrices[0].1 }.map {
            "\($0.0) has luma of \($0.1) and \(matrices[0].0) of \(matrices[0].1): they differ by that too"
        }
        return films.flatMap(\.warnings) + odd
    }
}
