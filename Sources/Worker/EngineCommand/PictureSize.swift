import ArgumentParser

/// `WxH` on the command line.
struct PictureSize: ExpressibleByArgument, CustomStringConvertible {
    var width: Int
    var height: Int

    init?(argument: String) {
        let parts = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let width = parts[0], let height = parts[1], width > 0, height > 0,
            width <= 16384, height <= 16384
        else { return nil }
        (self.width, self.height) = (width, height)
    }

    var description: String { "\(width)x\(height)" }
}
