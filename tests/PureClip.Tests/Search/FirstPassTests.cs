using PureClip.Scan;
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
        VectorScan scan = VectorScan.Of(SimdTier.Active);
        using StoredRows rows = new(type, 64, StoredRows.RandomUnits(3_000, 64, 5));
        using FirstPass first = new(rows.Rows, WorkerPool.Serial);
        foreach (float[] query in StoredRows.RandomUnits(20, 64, 6))
        {
            ScanLimits limits = new(10, 0.1f);
            Assert.Equal(
                scan.Best(rows.Rows, query, limits, WorkerPool.Serial),
                first.Best(query, limits, 8, WorkerPool.Serial, scan));
        }
    }
}
