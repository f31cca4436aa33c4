using System.Text.Json.Nodes;
using PureClip.Kernels;
using PureClip.Model;

namespace PureClip.Tests.Model;

/// <summary>Positions for other grids, against torch's interpolation and timm's rotary tables.</summary>
public class PositionTableTests
{
    private static readonly JsonNode Truth = JsonNode.Parse(File.ReadAllText(TestData.PathOf("families/positions.json")))!;

    [Theory]
    [InlineData("bicubic with antialias (open_clip, timm)", PositionRule.BicubicAntialiased)]
    [InlineData("bicubic without antialias (Hugging Face CLIP, SigLIP)", PositionRule.Bicubic)]
    [InlineData("bilinear with antialias (SigLIP 2 NaFlex)", PositionRule.BilinearAntialiased)]
    [InlineData("bilinear without antialias (Perception Encoder original)", PositionRule.Bilinear)]
    public void Every_published_rule_gives_torchs_numbers(string name, PositionRule rule)
    {
        float[] table = Numbers(Truth["source"]!["grid"]!);
        foreach (JsonNode? grid in Truth["rules"]!.AsArray())
        {
            (int rows, int columns) = (grid!["rows"]!.GetValue<int>(), grid["columns"]!.GetValue<int>());
            float[] expected = Numbers(grid[name]!), actual = new float[expected.Length];
            PositionTable.Resize(table, 4, 4, rule, rows, columns, actual);
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], actual[i], 1e-6f);
        }
    }

    [Theory]
    [InlineData("EVA02 (scaled to 16, row before column)", false, 0, 16)]
    [InlineData("PE-Core (offset 1, x before y, trained grid 3)", true, 1, 3)]
    public void Rotary_tables_are_the_references(string name, bool columnsFirst, int first, int trained)
    {
        JsonNode expected = Truth["rope, grid 3x3, head 8"]![name]!;
        RotaryAngles angles = new(3, heads: 2, headWidth: 8, columnsFirst, first, trained);
        float[] sines = Numbers(expected["sin"]!), cosines = Numbers(expected["cos"]!);
        for (int i = 0; i < sines.Length; i++)
        {
            Assert.Equal(cosines[i], angles.Cosines[i], 2e-6f);
            Assert.Equal(i % 2 == 0 ? -sines[i] : sines[i], angles.Sines[i], 2e-6f); // of the neighbour's part
        }
    }

    private static float[] Numbers(JsonNode rows) =>
        [.. rows.AsArray().SelectMany(row => row!.AsArray()).Select(number => number!.GetValue<float>())];
}
