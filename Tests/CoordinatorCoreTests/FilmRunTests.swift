import Scheduling
import Testing

@testable import CoordinatorCore

/// What `run` makes of a machine that lacks what a job needs: no other worker will come.
@Suite struct FilmRunTests {
    @Test(
        arguments: [(.noMemory, 3, "--height"), (.noEncoder, 2, "--encoder"), (.noDevice, 2, "--precision")]
            as [(WaitReason.Code, Int32, String)])
    func aLackIsSaid(_ code: WaitReason.Code, _ status: Int32, _ remedy: String) throws {
        let error = try #require(FilmRun.error(WaitReason(code, "it lacks something"), film: "film.mkv"))
        #expect(error.exitStatus == status)
        #expect(error.message.hasPrefix("film.mkv: it lacks something: "))
        #expect(error.message.contains(remedy) && error.message.contains("--restart"))
    }

    @Test(arguments: [WaitReason.Code.noWorker, .calibration, .backOff, .untried, .silent, .diskFull])
    func whatMayPassIsWaitedFor(_ code: WaitReason.Code) {
        #expect(FilmRun.error(WaitReason(code, "it waits"), film: "film.mkv") == nil)
    }
}
