using PureClip.Scan;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Tests.Search;

/// <summary>Scans against double loops over what was stored.</summary>
public sealed class VectorScanTests
{
    // A byte row is compared with a query of 2¹⁵ steps: half a step for each of up to 521 numbers, at most 0.06 large, is far below this.
    private static readonly Tolerance Close = Tolerance.OfOneOrLarger(2e-5, "sums of up to 521 products in float");

    public static IEnumerable<object[]> Cases => Tiers.With(
        from type in Enum.GetValues<VectorType>()
        from width in new[] { 1, 2, 7, 31, 64, 65, 127, 129, 512, 521 }
        select (object[])[(int)type, width]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Scores_are_the_inner_products_of_what_was_stored(string tier, int type, int width)
    {
        using StoredRows rows = new((VectorType)type, width, [.. StoredRows.RandomUnits(20, width, 1), new float[width]]);
        float[] query = StoredRows.RandomUnits(1, width, 2)[0];
        ScoredRow[] found = VectorScan.Of(TierOf(tier)).Best(rows.Rows, query, new(100), WorkerPool.Serial);

        Assert.Equal(21, found.Length);
        Assert.Equal(Enumerable.Range(0, 21), found.Select(row => (int)row.Row).Order());
        Assert.All(found, row => Assert.True(Close.Allows(StoredRows.Dot(query, rows[(int)row.Row]), row.Score), $"{row}"));
        Assert.Equal(found.Order(), found);
        Assert.Equal(0f, found.Single(row => row.Row == 20).Score);
    }

    [Fact]
    public void Halves_below_the_normal_range_count()
    {
        float smallest = (float)BitConverter.UInt16BitsToHalf(1);
        foreach (SimdTier tier in SimdTier.All)
        {
            using StoredRows rows = new(
                VectorType.F16, 64,
                [.. Enumerable.Range(0, 64).Select(at => Enumerable.Range(0, 64).Select(i => i == at ? -3 * smallest : 0f).ToArray())]);
            float[] query = [.. Enumerable.Repeat(1f, 64)];
            Assert.All(VectorScan.Of(tier).Best(rows.Rows, query, new(64), WorkerPool.Serial), row =>
                Assert.Equal(-3 * smallest, row.Score));
        }
    }

    [Fact]
    public void Every_finite_half_is_widened_exactly()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            Half half = BitConverter.UInt16BitsToHalf((ushort)bits);
            if (Half.IsFinite(half))
                Assert.Equal((float)half, HalfBits.ToSmallSingle((ushort)bits) * HalfBits.Restore);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_answer_is_the_same_for_any_number_of_threads(int threads)
    {
        // Every vector is there three times, so that ties decide; several stretches, so that workers share them.
        float[][] vectors = StoredRows.RandomUnits(2_000, 257, 3);
        using StoredRows rows = new(VectorType.F32, 257, [.. vectors, .. vectors, .. vectors]);
        float[] query = StoredRows.RandomUnits(1, 257, 4)[0];
        using WorkerPool pool = new(threads);
        ScoredRow[] found = VectorScan.Of(SimdTier.Active).Best(rows.Rows, query, new(50), pool);
        ScoredRow[] all = VectorScan.Of(SimdTier.Active).Best(rows.Rows, query, new(int.MaxValue), WorkerPool.Serial);

        Assert.Equal(6_000, all.Length);
        Assert.Equal(all.Order().Take(50), found);
        Assert.Equal(found[0].Row + 2_000, found[1].Row);
    }

    [Fact]
    public void Only_rows_of_the_set_and_above_the_minimum_are_found()
    {
        using StoredRows rows = new(VectorType.F16, 2, [1f, 0f], [0.5f, 0f], [0.25f, 0f], [-1f, 0f], [0.75f, 0f]);
        RowSet among = RowSet.Empty(5);
        foreach (int row in (int[])[1, 2, 3, 4])
            among.Add(row);
        ScoredRow[] found = VectorScan.Of(SimdTier.Active).Best(rows.Rows, [1f, 0f], new(3, 0.5f, among), WorkerPool.Serial);
        Assert.Equal([new(4, 0.75f), new(1, 0.5f)], found);
    }

    [Fact]
    public void No_rows_give_no_answer()
    {
        using StoredRows rows = new(VectorType.F32, 4);
        Assert.Empty(VectorScan.Of(SimdTier.Active).Best(rows.Rows, new float[4], new(10), WorkerPool.Serial));
    }

    [Fact]
    public void A_row_that_is_no_number_is_never_found()
    {
        using StoredRows rows = new(VectorType.F32, 1, [float.NaN], [1f]);
        Assert.Equal([new(1, 1f)], VectorScan.Of(SimdTier.Active).Best(rows.Rows, [1f], new(10), WorkerPool.Serial));
    }

    [Fact]
    public void A_scan_can_be_cancelled()
    {
        using StoredRows rows = new(VectorType.F32, 1, [1f]);
        Assert.Throws<OperationCanceledException>(
            () => VectorScan.Of(SimdTier.Active).Best(rows.Rows, [1f], new(10), WorkerPool.Serial, new(true)));
    }

    private static SimdTier TierOf(string name) => SimdTier.All.Single(tier => tier.Name == name);
}
