import FarmModel

extension Recipe {
    /// What the network gives, in pixels; where the result has another size, it is resampled to it.
    private var enlarged: (width: Int, height: Int) { (input.width * scale, input.height * scale) }

    /// "96x64 to 192x128 by nearest"
    var sizes: String {
        let picture = encoding.picture
        let isResampled = (picture.width, picture.height) != enlarged
        let way = isResampled ? " x\(scale) and resampling" : ""
        return "\(input.width)x\(input.height) to \(picture.width)x\(picture.height) by \(model.description.name)\(way)"
    }

    /// Bytes that a slot must have: the least with which a frame can pass as RGB in 32 bits before and behind the network, and
    /// libtorch itself; with a blend, the frames around it that are kept, and two more while they are mixed; and the encoder's, where that is the device's. What the network takes
    /// besides depends on tile and batch, which are found by trial.
    var memory: Int64 {
        func pixels(_ width: Int, _ height: Int) -> Int64 { Int64(width) * Int64(height) }
        let behind = pixels(enlarged.width, enlarged.height)
        let result = pixels(encoding.picture.width, encoding.picture.height)
        let source = pixels(input.width, input.height)
        return (source + behind + max(behind, result)) * 3 * 4 + blendMemory() + (512 << 20)
            + encoding.deviceMemory
    }
}
