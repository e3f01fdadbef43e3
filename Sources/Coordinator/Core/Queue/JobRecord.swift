public import FarmModel
public import Foundation

/// All that the queue store keeps of a job: what the scheduler works with, and what was asked for.
public struct JobRecord: Hashable, Sendable {
    public var plan: JobPlan
    /// Absolute path of the film.
    public var source: String
    /// What the film was when the job was made, as JSON; the queue does not look inside.
    public var sourceIdentity: String
    /// Absolute path of the output.
    public var output: String
    public var settings: JobSettings
    /// `recipe.execution` is the plan's `shape`.
    public var recipe: Recipe
    /// Name of the job's directory in the spool.
    public var spool: String
    /// Set by the store.
    public var created = Date.distantPast
    public var updated = Date.distantPast

    public var id: JobID { plan.id }

    /// A new job with the spool directory named after it.
    public init(
        id: JobID, source: String, sourceIdentity: String, output: String, settings: JobSettings, recipe: Recipe,
        segments: [FrameRange]
    ) {
        self.init(
            plan: JobPlan(id: id, shape: recipe.execution, segments: segments.map { SegmentPlan(range: $0) }),
            source: source, sourceIdentity: sourceIdentity, output: output, settings: settings, recipe: recipe,
            spool: id.rawValue)
    }

    init(
        plan: JobPlan, source: String, sourceIdentity: String, output: String, settings: JobSettings, recipe: Recipe,
        spool: String
    ) {
        self.plan = plan
        self.source = source
        self.sourceIdentity = sourceIdentity
        self.output = output
        self.settings = settings
        self.recipe = recipe
        self.recipe.execution = plan.shape
        self.spool = spool
    }
}

extension JobID {
    /// Digits and small letters without those that are taken for one another (0 o, 1 i l).
    static let alphabet = Array("23456789abcdefghjkmnpqrstuvwxyz")

    /// Five characters, one of 28 million.
    static func random(using generator: inout some RandomNumberGenerator) -> JobID {
        JobID(String((0..<5).compactMap { _ in alphabet.randomElement(using: &generator) }))
    }
}

/// One line of a job's history.
public struct HistoryEntry: Hashable, Sendable {
    public var time: Date
    public var job: JobID
    public var segment: Int?
    public var attempt: Int?
    /// The name of the change: `leased`, `accepted`, …
    public var kind: String
    public var detail: String
}
