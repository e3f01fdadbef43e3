public import FarmModel
public import Foundation
public import Scheduling

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
    /// What the user should know of the film that came out.
    public var warnings: [String] = []
    /// Set by the store.
    public var created = Date.distantPast
    public var updated = Date.distantPast

    public var id: JobID { plan.id }

    /// A new job with the spool directory named after it.
    /// - Parameter memory: bytes that a slot needs for it; 0 where that is not known.
    public init(
        id: JobID, source: String, sourceIdentity: String, output: String, settings: JobSettings, recipe: Recipe,
        segments: [FrameRange], priority: Int = 0, owner: String? = nil, memory: Int64 = 0
    ) {
        let plan = JobPlan(
            id: id, priority: priority, owner: owner,
            needs: JobNeeds(encoder: recipe.encoding.encoder, memory: memory, precision: settings.precision),
            weight: recipe.weight, shape: recipe.execution, segments: segments.map { SegmentPlan(range: $0) })
        self.init(
            plan: plan, source: source, sourceIdentity: sourceIdentity, output: output, settings: settings,
            recipe: recipe,
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

extension Recipe {
    /// Pixels of an output frame.
    var weight: Double { Double(encoding.picture.width) * Double(encoding.picture.height) }
}

extension JobID {
    /// Digits and small letters without those that are taken for one another (0 o, 1 i l).
    static let alphabet = Array("23456789abcdefghjkmnpqrstuvwxyz")

    /// Five characters, one of 28 million.
    static func random(using generator: inout some RandomNumberGenerator) -> JobID {
        JobID(String((0..<5).compactMap { _ in alphabet.randomElement(using: &generator) }))
    }
}
