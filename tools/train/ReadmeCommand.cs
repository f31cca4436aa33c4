using System.CommandLine;
using System.Runtime.Intrinsics.X86;
using PureClip.Cli;
using PureClip.Train.Shipping;

namespace PureClip.Train;

/// <summary><c>pureclip-train readme</c>: writes the shipped model's retrieval into the README's tables.</summary>
internal static class ReadmeCommand
{
    public static Command Create(Shell shell)
    {
        Argument<string> readme = new("README") { Description = "The file whose figures are replaced." };
        Option<string> model = new("--model") { HelpName = "DIR", Description = "The model directory.", Required = true };
        Option<string> gallery =
            new("--gallery") { HelpName = "DIR", Description = "A folder of pictures named after what they show.", Required = true };
        Command command = new(
            "readme", "Replace the model's figures in a README. Run it again with DOTNET_EnableAVXVNNI=0 for the row of 7 bits.")
        {
            readme, model, gallery,
        };
        command.SetAction(line =>
        {
            string path = line.GetValue(readme)!;
            File.WriteAllText(
                path, ReadmeFigures.Replace(
                    File.ReadAllText(path), line.GetValue(model)!, line.GetValue(gallery)!, AvxVnni.IsSupported));
            return ExitCode.Success;
        });
        return command;
    }
}
