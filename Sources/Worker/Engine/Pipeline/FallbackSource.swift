import FarmModel

/// A segment's pictures from hardware, and from where that fails from software.
///
/// Software then begins at the segment's first packet, and what was handed on already is passed over: the network need not see it again, and it
/// is right. For hardware hands a picture on only when its copy is done and libavcodec has nothing to say against its packet or any before
/// (`HardwarePromise`), and such pictures are the same bits. A device that breaks down altogether takes the network with it, and so the attempt.
/// What is damaged or missing is what software says.
final class FallbackSource: PictureSource {
    typealias Open = () throws -> any PictureSource

    private var hardware: Open?
    private let software: Open
    private let notice: (_ reason: String) -> Void
    private var source: (any PictureSource)?
    /// What hardware has given.
    private var handedOn: Set<Int> = []

    /// - Parameter notice: told in a few words why hardware is given up; at most once.
    init(
        hardware: @escaping Open, software: @escaping Open, notice: @escaping (_ reason: String) -> Void
    ) {
        self.hardware = hardware
        self.software = software
        self.notice = notice
    }

    /// Frames that hardware gave and software cannot are none of them: they are here.
    var missing: [Int] { (source?.missing ?? []).filter { !handedOn.contains($0) } }
    var damaged: [Int] {
        let doubtful = (source?.missing ?? []).filter { handedOn.contains($0) }
        return ((source?.damaged ?? []) + doubtful).sorted()
    }

    func next() throws -> (number: Int, picture: any PlanarPicture)? {
        if let hardware {
            do { return try nextOf(hardware) } catch {
                notice("\(error.reason)")
                (self.hardware, source) = (nil, nil)
            }
        }
        return try nextOfSoftware()
    }

    private func nextOf(_ hardware: Open) throws -> (number: Int, picture: any PlanarPicture)? {
        let source = try source ?? hardware()
        self.source = source
        let picture = try source.next()
        if let picture { handedOn.insert(picture.number) }
        return picture
    }

    private func nextOfSoftware() throws -> (number: Int, picture: any PlanarPicture)? {
        let source = try source ?? software()
        self.source = source
        while let picture = try source.next() {
            if !handedOn.contains(picture.number) { return picture }
        }
        return nil
    }
}
