namespace PureClip.Tests.Architecture;

/// <summary>Arrows between the library's folders point down only.</summary>
public sealed class FloorTests
{
    private static readonly IReadOnlyCollection<TypeUse> Uses = TypeUses.Of(typeof(Clip).Assembly.Location);

    [Fact]
    public void Arrows_point_down_only()
    {
        string[] findings = new Floors(Floors.House).Findings(Uses);
        Assert.True(findings.Length == 0,
            $"{findings.Length} uses point up or to a stranger. Move the type down, or hand the value over as an argument:\n{string.Join('\n', findings)}");
    }

    [Fact]
    public void The_walk_sees_what_it_is_made_to_see()
    {
        // By field and property; by a body's call into a generic type; by a lambda, which the compiler puts into a nested class.
        Assert.Contains(Uses, use => use is { User: "PureClip.Clip", Used: "PureClip.Model.ClipConfig" });
        Assert.Contains(Uses, use => use is { User: "PureClip.Model.Linear", Used: "PureClip.Kernels.WeightMatrix" });
        Assert.Contains(Uses, use => use.User.StartsWith("PureClip.Checkpoints.Loader/", StringComparison.Ordinal) && use.Used == "PureClip.Kernels.PackedMatrix");
        Assert.True(Uses.Count > 500, $"The library's types use one another {Uses.Count} times; more than 500 were expected.");
    }

    [Fact]
    public void An_arrow_that_points_up_is_a_finding()
    {
        string[] findings = With("Model", new(2, "Simd", "Memory", "Threading")).Findings(Uses);
        Assert.Contains(findings, finding => finding.StartsWith("Model.Linear uses Kernels.WeightMatrix (floor 2 → 1), in ", StringComparison.Ordinal));
        Assert.All(findings, finding => Assert.StartsWith("Model.", finding, StringComparison.Ordinal));
    }

    [Fact]
    public void The_root_namespace_is_a_folder_like_others()
    {
        string[] findings = With("", new(4)).Findings(Uses);
        Assert.Contains(findings, finding => finding.StartsWith("Clip uses Model.ClipConfig (floor 4 → 2), in ", StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.StartsWith("ClipOptions uses Imaging.", StringComparison.Ordinal));
    }

    [Fact]
    public void Sub_namespaces_count_as_their_first_segment()
    {
        TypeUse[] uses = [new("PureClip.Imaging.Png.PngFile/Reader", "PureClip.Imaging.RgbImage", "Read"), new("PureClip.Imaging.Png.PngFile", "PureClip.Kernels.Gemm`1", "Read")];
        Assert.Equal(["Imaging.Png.PngFile uses Kernels.Gemm (floor 1 → 1), in Read"], new Floors(Floors.House).Findings(uses));
    }

    [Fact]
    public void A_single_type_may_be_allowed_without_its_folder()
    {
        TypeUse[] uses = [new("PureClip.Checkpoints.X", "PureClip.Imaging.ResizeMode", "A"), new("PureClip.Checkpoints.X", "PureClip.Imaging.ImageFormats", "B")];
        Assert.Equal(["Checkpoints.X uses Imaging.ImageFormats (floor 3 → 1), in B"], new Floors(Floors.House).Findings(uses));
    }

    [Fact]
    public void A_folder_without_a_floor_is_a_finding()
    {
        TypeUse[] uses = [new("PureClip.Attic.Box", "PureClip.Simd.SimdTier", "Open")];
        Assert.Equal(["Attic.Box uses Simd.SimdTier (floor none → 0), in Open"], new Floors(Floors.House).Findings(uses));
    }

    private static Floors With(string folder, Floors.Rule rule) => new(new Dictionary<string, Floors.Rule>(Floors.House) { [folder] = rule });
}
