using System.CommandLine;
using PureClip.Cli;
using PureClip.Train.Data;
using PureClip.Train.Measuring;

namespace PureClip.Train;

/// <summary><c>pureclip-train measure</c>: how well a model does on what it has never seen.</summary>
internal static class MeasureCommand
{
    public static Command Create(Shell shell)
    {
        Argument<string> data = new("DATA") { Description = "The file of drawings that are never trained on." };
        Option<string> model = new("--model") { HelpName = "DIR", Description = "The model directory.", Required = true };
        Option<string?> gallery = new("--gallery") { HelpName = "DIR", Description = "A folder of pictures named after what they show." };
        Command command = new("measure", "Measure a model on drawings that are never trained on.") { data, model, gallery };
        command.SetAction(line =>
        {
            using PictureSet set = PictureSet.Open(line.GetValue(data)!);
            using Clip clip = Clip.Load(line.GetValue(model)!);
            Measures measures = new(set, line.GetValue(gallery), every: 1);
            shell.Out.WriteLine(System.Text.Json.JsonSerializer.Serialize(measures.Run(clip)));
            return ExitCode.Success;
        });
        return command;
    }
}
