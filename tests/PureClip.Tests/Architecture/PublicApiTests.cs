namespace PureClip.Tests.Architecture;

/// <summary>The public surface changes on purpose only: its listing is kept in a file that is reviewed with the change.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one() => ApprovedApi.Check(typeof(Clip).Assembly, "PureClip.Tests/Architecture/PublicApi.approved.txt");

    [Fact]
    public void A_declaration_reads_as_in_CSharp()
    {
        string[] lines = PublicApi.Of(typeof(PublicApiTests).Assembly);
        string type = $"{typeof(Sample<>).Namespace}.{nameof(PublicApiTests)}.Sample<T>";
        Assert.Equal(
            [
                "abstract class : IDisposable",
                "Sample(int count, string? name = null)",
                "abstract void Dispose()",
                "const float Half = 0.5f",
                "int Count { get; }",
                "protected Sample()",
                "protected virtual List<string?>? Names { get; init; }",
                "static bool TryParse<U>(ReadOnlySpan<char> text, out U? value, DayOfWeek day = DayOfWeek.Monday)",
            ],
            lines.Where(line => line.StartsWith($"{type} | ", StringComparison.Ordinal)).Select(line => line[(type.Length + 3)..]));
    }

    public abstract class Sample<T> : IDisposable
    {
        public const float Half = 0.5f;

        protected Sample() => Count = 0;

        public Sample(int count, string? name = null) => Count = count + (name?.Length ?? 0);

        public int Count { get; }

        protected virtual List<string?>? Names { get; init; }

        public static bool TryParse<U>(ReadOnlySpan<char> text, out U? value, DayOfWeek day = DayOfWeek.Monday)
            where U : class
        {
            value = null;
            return text.Length == (int)day;
        }

        public abstract void Dispose();

        internal void Hidden() => GC.KeepAlive(this);
    }
}
