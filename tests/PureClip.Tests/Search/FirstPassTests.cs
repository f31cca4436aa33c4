using PureClip.Search;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Tests.Search;

public sealed class FirstPassTests
{
    [Theory]
    [InlineData(VectorType.F32)]
    [InlineData(VectorType.F16)]
    public void A_first_pass_that_fetches_enough_finds_what_the_scan_finds(VectorType type)
    {
        using StoredRows rows = new(type, 64, StoredRows.RandomUnits(3_000, 64, 5));
        using FirstPass first = new(rows.Matrix, WorkerPool.Serial);
        foreach (float[] query in StoredRows.RandomUnits(20, 64, 6))
        {
            ScanLimits limits = new(10, 0.1f);
            Assert.Equal(
                VectorScan.Best(rows.Matrix, query, limits, WorkerPool.Serial, SimdTier.Active),
                first.Best(query, limits, 8, WorkerPool.Serial, SimdTier.Active));
        }
    }
}
