/// Languages that ISO 639-2 has two codes for: films use either.
enum LanguageCode {
    /// The terminological code, and the bibliographic one.
    private static let pairs = [
        ("sqi", "alb"), ("hye", "arm"), ("eus", "baq"), ("bod", "tib"), ("mya", "bur"), ("ces", "cze"), ("zho", "chi"),
        ("cym", "wel"), ("deu", "ger"), ("nld", "dut"), ("ell", "gre"), ("fas", "per"), ("fra", "fre"), ("kat", "geo"),
        ("isl", "ice"), ("mkd", "mac"), ("mri", "mao"), ("msa", "may"), ("ron", "rum"), ("slk", "slo"),
    ]

    /// The other code of the same language; nil where there is one only.
    static func other(_ code: String) -> String? {
        pairs.lazy.compactMap { $0.0 == code ? $0.1 : $0.1 == code ? $0.0 : nil }.first
    }

    /// Of these codes QuickTime's own table, as libav has it, knows only the ones here.
    static func quickTime(_ code: String) -> String {
        let known: Set = [
            "alb", "arm", "tib", "bur", "ces", "chi", "ger", "dut", "gre", "fra", "geo", "ice", "mac", "may", "ron",
            "slk",
        ]
        guard !known.contains(code), let other = other(code), known.contains(other) else { return code }
        return other
    }
}
