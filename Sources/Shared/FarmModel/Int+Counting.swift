extension Int {
    /// `1 frame`, `2 frames`.
    public func counting(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}
