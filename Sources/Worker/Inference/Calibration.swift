internal import CTorch
public import FarmModel
internal import Foundation
internal import Machine

/// Picks tile and batch for a network, a device and a frame size by trying them for a few seconds.
public struct Calibration {
    public var model: ModelReference
    public var source: ModelSource
    public var device: Device
    /// The source's frame, in pixels.
    public var width: Int
    public var height: Int
    public var precision: Precision
    public var threads: Int
    public var engine: CPUEngine
    /// What the user fixed; nil is to be found.
    public var tile: Int?
    public var batch: Int?
    /// Bytes of the device that others will take beside the network.
    public var reserved: Int64
    /// The same for each picture of a batch.
    public var reservedAPicture: Int64 = 0
    /// Engines that share the device.
    public var share = 1
    /// How long to try, in seconds.
    public var budget = 5.0

    public init(
        model: ModelReference, source: ModelSource, device: Device, width: Int, height: Int,
        precision: Precision = .auto,
        threads: Int, engine: CPUEngine = .auto, tile: Int? = nil, batch: Int? = nil, reserved: Int64 = 0
    ) {
        self.model = model
        self.source = source
        self.device = device
        self.width = width
        self.height = height
        self.precision = precision
        self.threads = threads
        self.engine = engine
        self.tile = tile
        self.batch = batch
        self.reserved = reserved
    }

    /// The shape to pin: from `cache` where it was found before, else found now and remembered. Blocks for about the
    /// budget at most; make the call on a thread of its own.
    public func shape(cache: CalibrationCache?) throws(InferenceError) -> ExecutionShape {
        let key = try CalibrationKey(self)
        if let known = cache?[key] { return known }
        let found = try search()
        cache?[key] = found
        return found
    }

    private func search() throws(InferenceError) -> ExecutionShape {
        if device != .cpu { ct_release_unused() }  // what an earlier job's networks left
        let free = try ownMemory()
        var search = CalibrationSearch(
            width: width, height: height, halo: model.description.receptiveRadius, tile: tile, batch: batch,
            triesBatches: device != .cpu, memoryLimit: max(0, free - Double(reserved)) * (device == .cpu ? 0.6 : 0.9),
            besides: Double(reservedAPicture))
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: .seconds(budget))
        let resolved: Precision = precision.isHalf(on: device) ? .fp16 : .fp32
        if !search.isDone {
            let network = try Network(source, device: device, precision: resolved, engine: engine)
            MemoryUse.resetPeak()
            let baseline = device == .cpu ? MemoryUse.resident : try freeMemory(with: network)
            while let trial = search.next(remaining: clock.now.duration(to: end).seconds) {
                search.record(trial, try time(trial, on: network, baseline: baseline))
            }
        }
        return ExecutionShape(tile: search.best.tile, batch: search.best.batch, precision: resolved)
    }

    /// The best of a few calls, for the first of a shape also prepares kernels; of a long one, that one.
    private func time(
        _ trial: CalibrationSearch.Trial, on network: Network, baseline: Double
    ) throws(InferenceError) -> CalibrationSearch.Outcome {
        var best = Double.infinity
        var spent = 0.0
        if device != .cpu { ct_release_unused() }
        do throws(InferenceError) {
            for call in 0..<4 where call == 0 || spent < 0.2 {
                let start = ContinuousClock.now
                try network.run(batch: trial.batch, width: trial.width, height: trial.height, threads: threads)
                let seconds = start.duration(to: .now).seconds
                spent += seconds
                best = min(best, seconds)
            }
        } catch {
            guard error.kind == .outOfMemory else { throw error }
            return .outOfMemory
        }
        // What libtorch takes of a device it keeps: what is gone since is the most that was needed.
        let bytes = device == .cpu ? MemoryUse.peak - baseline : baseline - (try freeMemory())
        return .took(seconds: best, bytes: max(0, bytes))
    }

    /// What a device has left once all is there that no picture adds to: the network, and libtorch's own needs.
    private func freeMemory(with network: Network) throws(InferenceError) -> Double {
        try network.tryOut(threads: threads)
        return try freeMemory()
    }

    /// Of what is free no more than this engine's share.
    private func ownMemory() throws(InferenceError) -> Double {
        guard share > 1 else { return try freeMemory() }
        return min(try freeMemory(), Double(try DeviceInfo(device).memory) / Double(share))
    }

    /// Bytes that the device has for us, or the machine.
    private func freeMemory() throws(InferenceError) -> Double {
        guard device != .cpu else { return MemoryUse.available }
        var bytes: UInt64 = 0
        try torch(.device, "asking \(device) for its memory") {
            ct_device_free_memory(device.description, &bytes, $0, $1)
        }
        return Double(bytes)
    }
}

extension Duration {
    fileprivate var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
