internal import CTorch

/// What concerns libtorch as a whole.
public enum InferenceRuntime {
    /// Such as "1.13.1".
    public static var torchVersion: String { String(cString: ct_torch_version()) }

    /// Why libtorch's CUDA part cannot be loaded, in the loader's words; nil where it is.
    public static var cudaProblem: String? { ct_cuda_problem().map { String(cString: $0) } }

    /// The instructions that our own convolutions use here: "avx512", "avx2" or "plain".
    public static var kernels: String { String(cString: ct_kernel()) }

    /// Makes the C allocator keep the network's big activations instead of returning them to the kernel after each
    /// layer: about a factor of two on the CPU. Call it first thing in the program, before threads exist.
    public static func configureAllocator() { ct_configure_allocator() }
}
