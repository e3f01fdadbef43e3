public import FarmModel
public import Foundation
public import Scheduling

/// A job without its segments and attempts: what a list of many, ended ones above all, can afford to read.
public struct JobSummary: Hashable, Sendable {
    public var id: JobID
    public var state: JobState
    public var priority: Int
    /// The place in the order of submission.
    public var order: Int64
    public var owner: String?
    /// Absolute path of the film.
    public var source: String
    /// What the film was when the job was made, as JSON.
    public var sourceIdentity: String
    /// Absolute path of the output.
    public var output: String
    /// Why it failed.
    public var reasons: [String]
    public var created: Date
    public var updated: Date
    public var segments: Int
    public var segmentsAccepted: Int
    /// Of all segments, and of the accepted ones.
    public var frames: Int
    public var framesAccepted: Int
}

/// The files that a job has to do with.
public struct JobFiles: Hashable, Sendable {
    public var id: JobID
    public var state: JobState
    /// Absolute paths of film and output.
    public var source: String
    public var output: String
    /// A model's name, or its file's path.
    public var model: String
}
