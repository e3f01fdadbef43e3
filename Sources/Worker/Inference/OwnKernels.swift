/// What of a network and of what surrounds it runs in our own kernels on a device.
struct OwnKernels {
    /// Its name.
    var network: String
    var device: Device
    /// How many of its convolutions do.
    var convolutions: Int
    /// Why none does although some could.
    var problem: String?
    /// Why tensor operations surround it although there are kernels.
    var problemAround: String?

    /// nil where nothing is to be said.
    var sentence: String? {
        let around = problemAround.map { "what surrounds it runs in tensor operations: \($0)" }
        let parts = [about, around].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    private var about: String? {
        if let problem { return "\(network) runs in libtorch's operators on \(device): \(problem)" }
        guard convolutions > 0 else {
            return problemAround == nil ? nil : "\(network) runs in libtorch's operators on \(device)"
        }
        return "\(convolutions) of \(network)'s convolutions run in our own kernels on \(device)"
    }
}
