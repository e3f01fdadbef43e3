internal import CTorch
public import FarmModel
internal import Foundation

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

    /// Runs it on one picture of `size`, `rounds` times after a first, with either engine of the CPU in turns, so that a machine
    /// whose speed drifts is fair to both.
    public func times(width: Int, height: Int, rounds: Int) throws(InferenceError) -> NetworkTimes {
        let own = try network(.auto)
        let torch = device == .cpu ? try network(.torch) : nil
        var times = NetworkTimes(own: [], torch: [])
        for round in 0...max(1, rounds) {
            let first = try seconds(own, width, height)
            if round > 0 { times.own.append(first) }
            guard let torch else { continue }
            let second = try seconds(torch, width, height)
            if round > 0 { times.torch.append(second) }
        }
        return times
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

    private func seconds(_ network: Network, _ width: Int, _ height: Int) throws(InferenceError) -> Double {
        let start = DispatchTime.now().uptimeNanoseconds
        try network.run(batch: 1, width: width, height: height, threads: threads)
        return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    }
}

/// Seconds a call, in our own kernels and in libtorch's; the second is empty where the device is not the CPU.
public struct NetworkTimes: Codable, Sendable {
    public var own: [Double]
    public var torch: [Double]
}
