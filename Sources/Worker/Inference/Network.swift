internal import CTorch
internal import FarmModel

/// Where an upscaler's network comes from.
public enum ModelSource: Hashable, Sendable {
    /// The built-in enlargement by copying pixels: exact, for tests, dry runs and comparisons.
    case nearest(Int)
    /// A TorchScript file that keeps the contract of docs/models.md.
    case file(String)
}

/// A network loaded on its device.
final class Network {
    let description: ModelDescription
    let handle: OpaquePointer

    init(
        _ source: ModelSource, device: Device, precision: Precision, engine: CPUEngine = .auto
    ) throws(InferenceError) {
        var path: String?
        switch source {
        case .nearest(let scale): description = ModelReference.nearest(scale: scale).description
        case .file(let file):
            path = file
            description = try ModelFile.description(of: file)
        }
        let half: Int32 = precision.isHalf(on: device) ? 1 : 0
        var opened: OpaquePointer?
        let (scale, window) = (Int32(clamping: description.scale), Int32(clamping: description.window))
        try torch(.model, "model \(path ?? description.name) cannot be loaded on \(device)") {
            ct_model_open(
                path, scale, window, device.description, half, engine == .auto ? 1 : 0, &opened, $0, $1)
        }
        guard let opened else { throw InferenceError(.failed, "CTorch opened no model") }
        handle = opened
    }

    deinit { ct_model_close(handle) }

    /// Whether the last bits depend on where tiles lie: our kernels sum what is within 8x8 pixels.
    var dependsOnTiles: Bool { ct_model_own_convolutions(handle) > 0 }

    /// Convolutions that run in our own kernels, on the CPU or another device.
    var ownConvolutions: Int { Int(ct_model_own_convolutions(handle) + ct_model_device_convolutions(handle)) }
    /// Why they run in libtorch on a device that our kernels are for.
    var kernelsProblem: String? {
        let words = String(cString: ct_model_kernels_problem(handle))
        return words.isEmpty ? nil : words
    }
    var hasOwnKernels: Bool { ownConvolutions > 0 }

    /// Runs the network once on a ramp, for its time, its memory, or to see whether it keeps its contract.
    /// - Returns: how much of its convolutions' multiplications ran in our own kernels, 0 to 1.
    @discardableResult
    func run(batch: Int, width: Int, height: Int, threads: Int) throws(InferenceError) -> Double {
        var (finite, share): (Int32, Double) = (0, 0)
        let range = description.valueRange
        try torch(.model, "running model \(description.name) on \(batch) x \(width)x\(height)") {
            ct_model_run(
                handle, Int32(batch), Int32(width), Int32(height), range[0], range[1], Int32(threads), &finite,
                &share, $0, $1)
        }
        guard finite != 0 else {
            throw InferenceError(.model, "model \(description.name) gives NaN or infinity for a plain ramp of values")
        }
        return share
    }

    /// What one of `calls` calls takes that follow each other without a wait, and (on the CPU) the multiplications of its convolutions.
    func time(batch: Int, width: Int, height: Int, calls: Int, threads: Int) throws(InferenceError)
        -> (seconds: Double, multiplications: Double)
    {
        var (seconds, multiplications) = (0.0, 0.0)
        let range = description.valueRange
        try torch(.model, "timing model \(description.name) on \(batch) x \(width)x\(height)") {
            ct_model_time(
                handle, Int32(batch), Int32(width), Int32(height), range[0], range[1], Int32(calls), Int32(threads),
                &seconds, &multiplications, $0, $1)
        }
        return (seconds, multiplications)
    }

    /// Runs it once on a small picture of odd size.
    /// - Returns: as `run`.
    @discardableResult
    func tryOut(threads: Int) throws(InferenceError) -> Double {
        try run(batch: 1, width: 19, height: 13, threads: threads)
    }
}

extension Precision {
    /// Whether it means fp16 on `device`.
    func isHalf(on device: Device) -> Bool {
        self == .fp16 || (self == .auto && device != .cpu)
    }
}
