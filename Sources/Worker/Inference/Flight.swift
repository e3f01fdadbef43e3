internal import FarmModel

/// A call whose work is under way on a device, and the memory that this has to do with.
struct Flight {
    /// What it will give.
    let results: [PictureUpscaler.Numbered]
    /// Of what it was given, all that lies on the device: it is read there some time before the call has landed. What lies in the host's
    /// memory was copied in the call.
    private let sources: [any PlanarPicture]

    init(results: [PictureUpscaler.Numbered], reading sources: [any PlanarPicture]) {
        self.results = results
        self.sources = sources.filter { $0.memory != .host }
    }

    /// For messages.
    var name: String {
        guard let first = results.first, let last = results.last else { return "frames" }
        return "frames \(first.number) to \(last.number)"
    }
}
