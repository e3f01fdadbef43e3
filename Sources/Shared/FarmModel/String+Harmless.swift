/// Other people's words on their way to terminals, logs and file names.
extension String {
    /// Without control characters: a terminal obeys them.
    public var harmless: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }

    /// As many of its first characters as have so many bytes.
    public func prefix(utf8 limit: Int) -> String {
        var (kept, size) = (startIndex, 0)
        for index in indices {
            size += self[index].utf8.count
            guard size <= limit else { break }
            kept = self.index(after: index)
        }
        return String(self[..<kept])
    }
}
