using System.Diagnostics;
using PureClip.Tests.Cli.Hub;

namespace PureClip.Tests.Cli.Commands;

public sealed class CompletionCommandTests
{
    [Theory]
    [InlineData("search", "sea")]
    [InlineData("index", "in")]
    [InlineData("--model", "search", "cat", "--mo")]
    [InlineData("--exclude-dir", "index", "photos", "--ex")]
    [InlineData("jsonl", "info", "--format", "js")]
    [InlineData("openai-b32", "get", "openai-b3")]
    [InlineData("powershell", "completion", "p")]
    public void Commands_options_values_and_models_are_completed(string expected, params string[] words)
    {
        CommandResult result = CommandLine.Run(["complete", "--", .. words]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        string[] found = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(expected, found);
        Assert.All(found, word => Assert.StartsWith(words[^1], word));
    }

    [Fact]
    public void Nothing_typed_completes_commands_and_not_the_hidden_one()
    {
        string[] found = CommandLine.Run("complete", "--", "").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("search", found);
        Assert.DoesNotContain("complete", found);
        Assert.DoesNotContain("\n  complete ", CommandLine.Run("--help").Output);
    }

    [Fact]
    public void Models_that_are_here_are_completed()
    {
        using HubHome home = new();
        foreach ((string path, byte[] content) in HubHome.Model)
            home.Folder.Write($"home/models/timm/vit_base_patch32_clip_224.openai/{path}", content);
        Assert.Equal("openai-b32\n", home.Run("complete", "--", "search", "cat", "--model", "").Output);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("PowerShell")]
    [InlineData("pwsh")]
    public void Each_shell_has_a_script(string shell)
    {
        CommandResult script = CommandLine.Run("completion", shell);
        Assert.Equal(0, script.ExitCode);
        Assert.Contains("pureclip complete -- ", script.Output);
        CommandLine.Run("completion", "tcsh").AssertFails(2, "tcsh", "bash");
    }

    [Fact]
    public void The_script_for_bash_completes()
    {
        if (!File.Exists("/bin/bash"))
            return;
        using TemporaryFolder folder = new();
        folder.Write("completion.bash", System.Text.Encoding.UTF8.GetBytes(CommandLine.Run("completion", "bash").Output));
        folder.Write("run.bash", """
            source "$1/completion.bash"
            pureclip() { local IFS=' '; [ "$*" = "complete -- search cat --mo" ] && printf -- '--model\n--model-x\n'; }
            COMP_WORDS=(pureclip search cat --mo) COMP_CWORD=3
            _pureclip
            echo "${COMPREPLY[@]}"
            """u8);
        using Process bash = Process.Start(new ProcessStartInfo("/bin/bash", ["--norc", folder["run.bash"], folder.Path])
        {
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("--model --model-x\n", bash.StandardOutput.ReadToEnd());
        bash.WaitForExit();
    }
}
