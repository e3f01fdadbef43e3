internal import CTorch

/// What concerns libtorch as a whole.
public enum InferenceRuntime {
    /// Such as "1.13.1".
    public static var torchVersion: String { String(cString: ct_torch_version()) }

    /// Why libtorch's CUDA part cannot be loaded, in the loader's words; nil where it is.
    public static var cudaProblem: String? { ct_cuda_problem().map { String(cString: $0) } }

    /// The instructions that our own convolutions use here: "avx512", "avx2" or "plain".
    public static var kernels: String { String(cString: ct_kernel()) }

    /// Why nothing of a network on `device` runs in our own kernels; nil where they are there.
    public static func kernelsProblem(on device: Device) -> String? {
        var words = [CChar](repeating: 0, count: 1024)
        guard ct_device_kernels(device.description, &words, words.count) != CT_OK else { return nil }
        return String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Why `device` does nothing any more that this process asks of it; nil where it does, or only lacks memory at the moment.
    public static func loss(of device: Device) -> String? {
        do {
            try torch(.device, "\(device) works no more") { ct_device_works(device.description, $0, $1) }
            return nil
        } catch { return error.kind == .outOfMemory ? nil : error.message }
    }

    /// Makes the C allocator keep the network's big activations instead of returning them to the kernel after each
    /// layer: about a factor of two on the CPU. Call it first thing in the program, before threads exist.
    public static func configureAllocator() { ct_configure_allocator() }
}
