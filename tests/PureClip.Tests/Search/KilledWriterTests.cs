using System.Diagnostics;
using System.Globalization;
using PureClip.Tests.Cli;

namespace PureClip.Tests.Search;

public sealed class KilledWriterTests
{
    /// <summary>More kills than a test run has time for; <c>tools/kill-index.sh</c> sets it.</summary>
    private const string KillsVariable = "PURECLIP_KILLS";

    private const int UsualKills = 8;

    private const int LongestStart = 60_000, LongestLife = 300; // milliseconds

    [Fact]
    public void Killing_the_writing_process_at_random_moments_loses_nothing_that_was_reported_as_done()
    {
        using TemporaryFolder folder = new();
        string path = folder["pictures.index"];
        bool isAsked = int.TryParse(Environment.GetEnvironmentVariable(KillsVariable), CultureInfo.InvariantCulture, out int asked);
        int kills = isAsked ? asked : UsualKills;
        Random random = new();
        int reported = 0;
        for (int i = 0; i < kills; i++)
        {
            int last = WriteUntilKilled(path, random);
            Assert.True(last == 0 || last >= reported, $"The process went on at {last}, after {reported} steps were reported.");
            reported = Math.Max(reported, last);
            int found = RandomHistory.Check(path);
            Assert.True(found >= reported, $"Kill {i + 1}: {reported} steps were reported, {found} are there.");
            reported = found;
        }
        Assert.True(reported > 0);
    }

    /// <summary>Runs the process for a while that ends anywhere, now and then before it has written anything.</summary>
    /// <returns>The steps that it reported last.</returns>
    private static int WriteUntilKilled(string path, Random random)
    {
        using Process process = ChildProcess.StartWritingIndex(path);
        int last = 0;
        process.OutputDataReceived += (_, line) =>
            Volatile.Write(ref last, line.Data is null ? last : int.Parse(line.Data, CultureInfo.InvariantCulture));
        process.BeginOutputReadLine();
        bool mayBeYoung = random.Next(10) == 0;
        for (int waited = 0; !mayBeYoung && Volatile.Read(ref last) == 0 && waited < LongestStart; waited += 5)
            Thread.Sleep(5); // most of the time goes into starting the runtime
        Thread.Sleep(random.Next(LongestLife));
        process.Kill();
        process.WaitForExit(); // and for the rest of its output
        return last;
    }
}
