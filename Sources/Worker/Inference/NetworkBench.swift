internal import CTorch
public import FarmModel

/// A network by itself: how long it takes, and what it makes of values, with nothing before or behind it.
public struct NetworkBench: Sendable {
    public var model: ModelSource
    public var device: Device
    public var threads: Int

    public init(model: ModelSource, device: Device, threads: Int) {
        self.model = model
        self.device = device
        self.threads = threads
    }

    /// Runs it on `batch` pictures of a size, `rounds` times after a first, with either engine in turns, so that a machine
    /// whose speed drifts is fair to both.
    public func times(width: Int, height: Int, batch: Int = 1, rounds: Int) throws(InferenceError) -> NetworkTimes {
        let own = try network(.auto)
        let torch = device == .cpu || own.hasOwnKernels ? try network(.torch) : nil
        try own.run(batch: batch, width: width, height: height, threads: threads)  // what gives NaN is not worth timing
        var times = NetworkTimes(own: [], torch: [])
        for round in 0...max(1, rounds) {
            let first = try seconds(own, width, height, batch)
            if round > 0 { times.own.append(first) }
            guard let torch else { continue }
            let second = try seconds(torch, width, height, batch)
            if round > 0 { times.torch.append(second) }
        }
        return times
    }

    /// Seconds a call after so many seconds of nothing else: a device's power, or a processor's heat, may not allow what it does at first.
    public func sustained(
        width: Int, height: Int, batch: Int = 1, after duration: Double
    ) throws(InferenceError) -> Double {
        let (network, start) = (try network(.auto), ContinuousClock.now)
        var late: [Double] = []
        while true {
            let time = try seconds(network, width, height, batch)
            let gone = (ContinuousClock.now - start) / .seconds(1)
            if gone > 0.8 * duration { late.append(time) }
            if gone >= duration { return late.reduce(0, +) / Double(late.count) }
        }
    }

    /// Operations (a multiplication and an addition are two) of the network's convolutions for a picture of a size, as direct sums have
    /// them: those of a small one, reckoned up.
    public func operations(width: Int, height: Int) throws(InferenceError) -> Double {
        let side = 32
        let network = try Network(model, device: .cpu, precision: .fp32)
        let small = try network.time(batch: 1, width: side, height: side, calls: 1, threads: threads).multiplications
        return 2 * small * Double(width * height) / Double(side * side)
    }

    /// Operations a second that products of large matrices reach on the device, in the precision that the network runs in there.
    public func peak() throws(InferenceError) -> Double {
        var operations = 0.0
        let half: Int32 = Precision.auto.isHalf(on: device) ? 1 : 0
        try Inference.torch(.device, "measuring the peak of \(device)") {
            ct_device_peak(device.description, half, Int32(threads), &operations, $0, $1)
        }
        return operations
    }

    /// - values: planes of red, green and blue in the network's range, [3, height, width].
    /// - Returns: [3, scale·height, scale·width].
    public func evaluate(_ values: [Float], width: Int, height: Int, engine: CPUEngine) throws(InferenceError)
        -> [Float]
    {
        guard values.count == 3 * width * height else {
            throw InferenceError(.failed, "\(values.count) values are no picture of \(width)x\(height)")
        }
        let network = try network(engine)
        let scale = network.description.scale
        var made = [Float](repeating: 0, count: values.count * scale * scale)
        try Inference.torch(.model, "running model \(network.description.name) on \(width)x\(height)") {
            ct_model_evaluate(network.handle, Int32(width), Int32(height), values, &made, Int32(threads), $0, $1)
        }
        return made
    }

    private func network(_ engine: CPUEngine) throws(InferenceError) -> Network {
        try Network(model, device: device, precision: .auto, engine: engine)
    }

    /// A call's; on a device several follow each other, for there a single one is shorter than the way to it.
    private func seconds(_ network: Network, _ width: Int, _ height: Int, _ batch: Int) throws(InferenceError) -> Double
    {
        let calls = device == .cpu ? 1 : 8
        return try network.time(batch: batch, width: width, height: height, calls: calls, threads: threads).seconds
    }
}

/// Seconds a call, in our own kernels and in libtorch's; the second is empty where the device is not the CPU.
public struct NetworkTimes: Codable, Sendable {
    public var own: [Double]
    public var torch: [Double]
    /// Of our own, after long work; nil where that was not measured.
    public var sustained: Double?
}
