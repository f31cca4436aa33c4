using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using PureClip.Simd;
using PureClip.Threading;

namespace PureClip.Bench;

/// <summary>Percent of what one core's multiply-adds can do, measured in this process after the benches.</summary>
internal sealed class PeakColumn : IColumn
{
    private static readonly Lazy<double> PeakOfOneCore =
        new(() => FmaPeak.Measure(SimdTier.Active, WorkerPool.Serial, TimeSpan.FromSeconds(1), CancellationToken.None));

    public string Id => nameof(PeakColumn);

    public string ColumnName => "% of peak";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 1;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => string.Create(CultureInfo.InvariantCulture,
        $"Percent of {PeakOfOneCore.Value:F1} GFLOP/s a thread, the best that independent multiply-adds reached");

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        int threads = benchmarkCase.Parameters.Items.FirstOrDefault(p => p.Name == "Threads")?.Value as int? ?? 1;
        return FlopsColumn.Of(summary, benchmarkCase) is double value
            ? (100 * value / (PeakOfOneCore.Value * threads)).ToString("F0", CultureInfo.InvariantCulture) : "-";
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
}
