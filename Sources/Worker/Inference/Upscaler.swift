internal import CTorch
public import FarmModel

/// Upscales on a libtorch device: planes up, colour conversion, network in tiles, resampling, conversion back, planes down.
///
/// Its pixels depend on the picture, the frame's number, the model, the engine and the execution shape it was made with only: not on
/// the other pictures of a batch, and (on the CPU) not on falling back to a smaller shape either. Calls block;
/// make them on a thread of their own.
public final class Upscaler: PictureUpscaler {
    public let input: PictureFormat
    public let output: PictureFormat
    public let device: Device
    /// As pinned; a device short of memory is given fewer pictures at once behind the scenes.
    public var batch: Int { pinned.batch }
    /// Frames that the network sees to make one. With more than one, a `ContextUpscaler` shows them.
    public var window: Int { network.description.window }

    private let pinned: ExecutionShape
    private var current: ExecutionShape
    private let threads: Int
    private let network: Network
    private let handle: OpaquePointer
    private let onFallback: (String) -> Void
    /// Calls that are under way, the oldest first.
    private var flights: [Flight] = []
    /// So many may be under way at once; 0: each is waited for.
    private let depth: Int
    /// One whose planes come down, one that is computed, and one that waits for the device.
    private static let underWay = 3

    /// - Parameters:
    ///   - output: the result; what the network makes is resampled where its size is another. An unspecified matrix is the
    ///     input's in any case.
    ///   - scale: must be the model's.
    ///   - shape: tile, batch and precision as the job pinned them.
    ///   - threads: CPU threads for one operation.
    ///   - engine: what convolutions run in on the CPU.
    ///   - blendRadius: more than 0 for one that a `ContextUpscaler` uses.
    ///   - plain: what surrounds the network by tensor operations instead of our own kernels; to compare them.
    ///   - underWay: calls that return before their work is done, at once; 0: each is waited for, as on the CPU by default.
    ///   - onFallback: told in a sentence when memory ran out and a smaller shape is used from then on.
    public init(
        model: ModelSource, device: Device, input: PictureFormat, output: PictureFormat, scale: Int,
        shape: ExecutionShape, threads: Int, engine: CPUEngine = .auto, blendRadius: Int = 0, plain: Bool = false,
        underWay: Int? = nil, onFallback: @escaping (String) -> Void = { _ in }
    ) throws(InferenceError) {
        guard shape.batch >= 1, shape.tile >= 0, threads >= 1 else {
            throw InferenceError(
                .failed,
                "batch \(shape.batch), tile \(shape.tile), \(threads) threads: batch and threads must be positive")
        }
        let network = try Network(model, device: device, precision: shape.precision, engine: engine)
        guard network.description.scale == scale else {
            throw InferenceError(
                .model, "model \(network.description.name) enlarges \(network.description.scale) times, not \(scale)")
        }
        self.network = network
        self.device = device
        self.input = input
        self.output = output
        depth = underWay ?? (device == .cpu ? 0 : Self.underWay)
        handle = try Self.open(
            network, input: input, output: output, blendRadius: blendRadius, plain: plain, underWay: max(1, depth))
        pinned = shape
        current = shape
        // Beside a device the host only copies planes: more threads would spin between two copies, and take the cores from decoder and encoder.
        self.threads = device == .cpu ? threads : min(threads, 2)
        self.onFallback = onFallback
    }

    deinit { ct_upscaler_close(handle) }

    /// How much of the network runs in our own kernels, or why nothing does, in a sentence; nil where nothing could. On the CPU runs it once.
    public var ownKernels: String? {
        get throws(InferenceError) {
            guard !network.dependsOnTiles else {
                let share = Int((try network.tryOut(threads: threads) * 100).rounded())
                return
                    "\(share) % of \(network.description.name)'s multiplications run in our own kernels (\(InferenceRuntime.kernels))"
            }
            let around = String(cString: ct_upscaler_kernels_problem(handle))
            return OwnKernels(
                network: network.description.name, device: device, convolutions: network.ownConvolutions,
                problem: device == .cpu ? nil : InferenceRuntime.kernelsProblem(on: device) ?? network.kernelsProblem,
                problemAround: around.isEmpty ? nil : around
            ).sentence
        }
    }

    public func take(_ pictures: [any PlanarPicture], numbers: [Int]) throws -> [Numbered] {
        try inFlight(reading: pictures) { zip(numbers, try upscale(pictures, numbers: numbers)).map { ($0, $1) } }
    }

    public func finish(_ give: ([Numbered]) throws -> Void) throws {
        while !flights.isEmpty { try give(try land()) }
    }

    /// Begins `work` and returns without waiting for it, where the device works by itself.
    /// - Parameter sources: the pictures that it may read.
    /// - Returns: what calls before have given by now, in order; on the CPU what this one gives.
    func inFlight(reading sources: [any PlanarPicture], _ work: () throws -> [Numbered]) throws -> [Numbered] {
        guard depth > 0 else { return try work() }
        let landed = flights.count == depth ? try land() : []
        try torch(.failed, "beginning a batch") { ct_upscaler_begin(handle, $0, $1) }
        do { flights.append(Flight(results: try work(), reading: sources)) } catch {
            ct_upscaler_abandon(handle)
            throw error
        }
        try torch(.failed, "beginning a batch") { ct_upscaler_end(handle, $0, $1) }
        return landed
    }

    /// Waits for the oldest.
    private func land() throws -> [Numbered] {
        let flight = flights.removeFirst()
        try withExtendedLifetime(flight) {
            try torch(.failed, "upscaling \(flight.name)") { ct_upscaler_collect(handle, $0, $1) }
        }
        return flight.results
    }

    /// Lets fall what is under way: of a segment that failed.
    public func drop() {
        while !flights.isEmpty {
            // Its sources are read, and its results written, before they go.
            withExtendedLifetime(flights.removeFirst()) {
                try? torch(.failed, "dropping a batch") { ct_upscaler_collect(handle, $0, $1) }
            }
        }
    }

    /// Upscales 1 to `batch` pictures.
    public func upscale(_ pictures: [any PlanarPicture], numbers: [Int]) throws -> [PictureBuffer] {
        try expectUsable(pictures, numbers: numbers)
        let results = try pictures.map { _ in try buffer() }
        try fallingBack { plan, batch in
            try eachPart(of: pictures.count, batch) { part in
                try Self.upscale(
                    handle, plan, batch, threads, pictures[part], numbers[part], into: results[part])
            }
        }
        for (picture, result) in zip(pictures, results) { result.messages = picture.messages }
        return results
    }

    /// Lets a network with a window see 1 to `batch` pictures more.
    func show(_ pictures: [any PlanarPicture], numbers: [Int]) throws(InferenceError) {
        try expectUsable(pictures, numbers: numbers)
        try Self.show(handle, threads, pictures, numbers)
    }

    /// Upscales 1 to `batch` pictures and keeps them for `blended`.
    func keep(_ pictures: [any PlanarPicture], numbers: [Int]) throws {
        try expectUsable(pictures, numbers: numbers)
        try fallingBack { plan, batch in
            try eachPart(of: pictures.count, batch) { part in
                try Self.keep(handle, plan, batch, threads, pictures[part], numbers[part])
            }
        }
    }

    /// Kept pictures, each blended with those kept around it.
    /// - Parameter pictures: what was given to `keep`.
    func blended(_ pictures: [any PlanarPicture], numbers: [Int]) throws -> [PictureBuffer] {
        let results = try pictures.map { _ in try buffer() }
        try Self.blend(handle, threads, pictures, numbers, into: results)
        for (picture, result) in zip(pictures, results) { result.messages = picture.messages }
        return results
    }

    /// Seconds that the network by itself takes for 1 to `batch` pictures, of `calls` in a row.
    public func networkTime(of pictures: [any PlanarPicture], calls: Int) throws -> Double {
        try expectUsable(pictures, numbers: Array(pictures.indices))
        var seconds = 0.0
        try fallingBack { plan, batch in
            seconds = 0
            try eachPart(of: pictures.count, batch) {
                seconds += try Self.time(handle, plan, batch, threads, pictures[$0], calls: calls)
            }
        }
        return seconds
    }

    private func buffer() throws(InferenceError) -> PictureBuffer {
        guard device != .cpu else { return PictureBuffer(format: output) }
        return try PictureBuffer(format: output) { bytes throws(InferenceError) in try PinnedMemory(bytes: bytes) }
    }

    /// Gives back what is kept of frames below.
    func forget(below number: Int) { ct_upscaler_forget(handle, Int64(number)) }

    private func expectUsable(_ pictures: [any PlanarPicture], numbers: [Int]) throws(InferenceError) {
        guard pictures.count == numbers.count, (1...batch).contains(pictures.count) else {
            throw InferenceError(
                .failed,
                "\(pictures.count) pictures with \(numbers.count) numbers given to an upscaler of batch \(batch)")
        }
        for (picture, number) in zip(pictures, numbers) {
            let format = picture.format
            guard format.width == input.width, format.height == input.height, format.layout == input.layout else {
                throw InferenceError(
                    .failed, "frame \(number) is \(format.summary), and the upscaler was made for \(input.summary)")
            }
        }
    }

    /// Does the work with the shape that fits; where memory runs out, from the start with a smaller one.
    private func fallingBack(_ work: (TilePlan, _ batch: Int) throws -> Void) throws {
        while true {
            let plan = TilePlan(
                width: input.width, height: input.height, tile: current.tile, halo: network.description.receptiveRadius)
            do { return try work(plan, current.batch) } catch let error as InferenceError
                where error.kind == .outOfMemory
            {
                try fallBack(after: error)
            }
        }
    }

    private func eachPart(of count: Int, _ batch: Int, _ body: (Range<Int>) throws -> Void) throws {
        for start in stride(from: 0, to: count, by: batch) { try body(start..<min(start + batch, count)) }
    }

    private func fallBack(after error: InferenceError) throws(InferenceError) {
        let halo = network.description.receptiveRadius
        guard
            let next = current.smaller(
                width: input.width, height: input.height, halo: halo, keepsTile: network.dependsOnTiles)
        else {
            throw InferenceError(
                .outOfMemory, "\(device) has too little memory even for batch 1, tile \(current.tile): \(error.message)"
            )
        }
        current = next
        let tile = next.tile == 0 ? "whole frames" : "tile \(next.tile)"
        onFallback("\(device) ran out of memory; going on with batch \(next.batch), \(tile) (\(error.message))")
    }
}
