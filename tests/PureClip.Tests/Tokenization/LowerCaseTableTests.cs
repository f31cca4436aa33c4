using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using PureClip.Tests.Cli;
using PureClip.Tokenization;

namespace PureClip.Tests.Tokenization;

public sealed class LowerCaseTableTests
{
    // Capitals that Unicode 15 and 16 have added: Cyrillic, Latin and the Garay script. Unicode 14 and the references leave them alone.
    private static bool IsLater(int point) => point is 0x1C89 or 0xA7CB or 0xA7CC or 0xA7DA or 0xA7DC or (>= 0x10D50 and <= 0x10D65);

    [Fact]
    public void Every_code_point_is_as_the_runtime_has_it_but_for_the_27_that_came_later()
    {
        int later = 0;
        for (int point = 0; point <= 0x10FFFF; point++)
        {
            if (point is (>= 0xD800 and < 0xE000) or 0x130) // surrogates; the capital that becomes two characters
                continue;
            later += IsLater(point) ? 1 : 0;
            int expected = IsLater(point) ? point : Rune.ToLowerInvariant(new Rune(point)).Value; // invariant: the runtime's own tables
            Assert.True(expected == LowerCase.Simple(point), $"U+{point:X4} becomes U+{LowerCase.Simple(point):X4}, not U+{expected:X4}.");
        }
        Assert.Equal(27, later);
    }

    [Fact]
    public void Ids_are_the_same_with_and_without_ICU()
    {
        string[] texts = ["ÀÉÎ ĞÜŞ İI ΣΑΣ ДОМ ᏣᎳᎩ Ა", "\u1C89 \uA7CB \uA7CC \uA7DA \uA7DC", "\U00010D50\U00010D65 \U00010400 \U0001E900"];
        using TemporaryFolder folder = new();
        string program = typeof(PureClip.Cli.Program).Assembly.Location;
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(program, ".runtimeconfig.json")))!;
        string invariant = Tokenize(folder["invariant.json"], true), withIcu = Tokenize(folder["icu.json"], false);
        if (withIcu.Contains("ICU package", StringComparison.Ordinal)) // the runtime's words where none is installed
            return;
        Assert.Contains("\"ids\"", invariant);
        Assert.Equal(invariant, withIcu);

        string Tokenize(string path, bool isInvariant)
        {
            config["runtimeOptions"]!["configProperties"]!["System.Globalization.Invariant"] = isInvariant;
            File.WriteAllText(path, config.ToJsonString());
            ProcessStartInfo start = new("dotnet")
            {
                ArgumentList = { "exec", "--runtimeconfig", path, program, "tokenize" },
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            foreach (string text in texts)
                start.ArgumentList.Add(text);
            start.Environment["LANG"] = "tr_TR.UTF-8";
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return output + error.Result;
        }
    }
}
