using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace PureClip.Bench;

/// <summary>GFLOP/s of the best iteration.</summary>
internal sealed class FlopsColumn : IColumn
{
    public string Id => nameof(FlopsColumn);

    public string ColumnName => "GFLOP/s";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => "Additions and multiplications per nanosecond in the best iteration";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        Of(summary, benchmarkCase) is double value ? value.ToString("F1", CultureInfo.InvariantCulture) : "-";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    /// <summary>Null where the bench does not count its arithmetic or did not run.</summary>
    internal static double? Of(Summary summary, BenchmarkCase benchmarkCase)
    {
        IFlops? work = benchmarkCase.Parameters.Items.Select(p => p.Value).OfType<IFlops>().FirstOrDefault();
        double? nanoseconds = summary[benchmarkCase]?.ResultStatistics?.Min;
        return work is null || nanoseconds is null ? null : work.Flops / nanoseconds;
    }
}
