using System.Globalization;
using System.Text.RegularExpressions;

namespace PureClip.Convert.Tests.Knowledge;

/// <summary>The table of weights/README.md says what the models table says.</summary>
public sealed class ModelsPageTests
{
    [Fact]
    public void The_page_shows_the_tables_own_figures()
    {
        string page = File.ReadAllText(Path.Combine(TestData.Root, "weights", "README.md"));
        Match[] rows = [.. Regex.Matches(page, @"^\| `([a-z0-9-]+)` \|.*$", RegexOptions.Multiline).OfType<Match>()];
        Assert.True(rows.Length >= 8);
        Assert.All(rows, row =>
        {
            PublishedModel model = PublishedModels.Find(row.Groups[1].Value)!;
            Assert.Null(model.Refusal);
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"| `{model.Name}` | {model.PictureSize} px | "
                + $"{model.Parameters / 1e6:0} M | {model.Bytes / 1_000_000} | {model.Licence} | {model.ImageNetTop1:0.0} % |"), row.Value);
            Assert.Equal("open_clip, docs/openclip_results.csv", model.Top1Source);
        });
    }
}
