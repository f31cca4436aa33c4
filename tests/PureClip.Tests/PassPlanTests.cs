namespace PureClip.Tests;

public class PassPlanTests
{
    /// <summary>
    /// Tokens of each picture, how many pictures, workers, and the pictures of each pass: rounds apart by "|". One pass of a round is
    /// shared.
    /// </summary>
    [Theory]
    [InlineData(50, 1, 1, "1")]
    [InlineData(50, 1, 2, "1")]
    [InlineData(50, 3, 2, "3")]                            // too few rows for two passes
    [InlineData(50, 4, 2, "2 2")]
    [InlineData(50, 5, 2, "2 2|1")]                        // the odd one is shared
    [InlineData(50, 16, 2, "2 2 2 2 2 2 2 2")]
    [InlineData(50, 40, 2, "2 2 2 2 2 2 2 2|2 2 2 2 2 2 2 2|2 2 2 2")]
    [InlineData(50, 40, 1, "2 2 2 2|2 2 2 2|2 2 2 2|2 2 2 2|2 2 2 2")]
    [InlineData(50, 16, 16, "16")]                         // not two a worker: products of 800 rows are shared
    [InlineData(50, 20, 16, "16|4")]
    [InlineData(577, 3, 2, "1 1|1")]
    [InlineData(577, 3, 8, "1|1|1")]
    [InlineData(7, 32, 2, "16 16")]
    [InlineData(7, 33, 2, "17 16")]                        // an odd short one is not worth a pass of its own
    [InlineData(50, 14, 2, "3 3 2 2 2 2")]                  // longer passes first
    [InlineData(50, 20, 4, "3 3 3 3 2 2 2 2")]
    [InlineData(197, 9, 2, "1 1 1 1|1 1 1 1|1")]
    [InlineData(257, 5, 2, "1 1|1 1|1")]                   // longer sequences, fewer passes a round: others get their turn
    [InlineData(4096, 2, 1, "1|1")]
    public void Equal_sequences_come_out_even(int tokens, int count, int workers, string expected)
    {
        List<string> rounds = [];
        foreach (int[] passes in Rounds([.. Enumerable.Repeat(tokens, count)], workers))
            rounds.Add(string.Join(' ', passes.Select(pass => pass / tokens)));
        Assert.Equal(expected, string.Join('|', rounds));
    }

    [Fact]
    public void Workers_that_take_pass_after_pass_finish_together()
    {
        for (int workers = 2; workers <= 5; workers++)
            for (int pictures = 1; pictures <= 60; pictures++)
                foreach (int[] passes in Rounds([.. Enumerable.Repeat(50, pictures)], workers).Where(passes => passes.Length > 1))
                {
                    int[] busy = new int[workers];
                    foreach (int rows in passes)
                        busy[Array.IndexOf(busy, busy.Min())] += rows;
                    Assert.Equal(passes.Sum() / workers, busy.Max());
                }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(16)]
    public void Sequences_of_any_length_are_in_one_pass_each_and_no_pass_is_much_longer_than_others(int workers)
    {
        Random random = new(workers);
        for (int repetition = 0; repetition < 300; repetition++)
        {
            int longest = random.Next(1, 400);
            int[] lengths = [.. Enumerable.Range(0, random.Next(1, 400)).Select(_ => random.Next(1, longest + 1))];
            int rows = 0;
            foreach (int[] passes in Rounds(lengths, workers))
            {
                Assert.InRange(passes.Length, 1, PassPlan.MostPasses(workers));
                Assert.All(passes, pass => Assert.InRange(pass, 1, passes.Length == 1
                    ? Math.Max(PassPlan.MostSharedRows, 2 * (PassPlan.RowsPerPass + longest)) : 2 * PassPlan.RowsPerPass + 3 * longest));
                rows += passes.Sum();
            }
            Assert.Equal(lengths.Sum(), rows);
        }
    }

    [Fact]
    public void A_sequence_longer_than_all_others_together_is_not_cut() =>
        Assert.Equal([596], Assert.Single(Rounds([96, 500], 2)));

    [Fact]
    public void A_pass_seldom_has_more_rows_than_its_memory_is_made_for()
    {
        foreach (int workers in (int[])[1, 2, 3, 8])
            foreach (int tokens in (int[])[1, 7, 32, 50, 77, 197, 257, 577])
                for (int count = 1; count < 100; count++)
                    foreach (int[] passes in Rounds([.. Enumerable.Repeat(tokens, count)], workers))
                    {
                        (int own, int shared) = PassPlan.UsualRows(tokens, workers);
                        Assert.InRange(passes.Max(), 1, passes.Length == 1 && workers > 1 ? shared : own);
                    }
    }

    /// <summary>The rows of each pass, round by round.</summary>
    private static List<int[]> Rounds(int[] lengths, int workers)
    {
        List<int[]> rounds = [];
        int[] starts = new int[PassPlan.MostPasses(workers) + 1];
        for (int first = 0; first < lengths.Length; first += starts[rounds[^1].Length])
        {
            int[] left = lengths[first..];
            int passes = PassPlan.Cut(left, workers, starts);
            Assert.Equal(0, starts[0]);
            rounds.Add([.. Enumerable.Range(0, passes).Select(pass => left[starts[pass]..starts[pass + 1]].Sum())]);
            Assert.Equal(rounds[^1].Max(), PassPlan.MostRows(left, starts.AsSpan(0, passes + 1)));
        }
        return rounds;
    }
}
