using System.CommandLine;
using PureClip.Cli.Converting;

namespace PureClip.Cli.Commands;

/// <summary><c>pureclip convert</c>: published checkpoints of other formats to a model directory.</summary>
internal sealed class ConvertCommand : ShellCommand
{
    private readonly ConversionArguments _conversion;

    public ConvertCommand(Shell shell)
        : base(shell, "convert", "Turn a checkpoint of another format into a model directory: .pt, .bin, ONNX, GGUF.",
            [ConversionArguments.Summary,
                "Sizes are read off the tensors; what no weight file says is taken from the configuration beside it, and what had to be "
                    + "assumed is named in the report with the option that decides otherwise.",
                "What 'pureclip get' fetches is converted by itself where it has to be."],
            new("pureclip convert ViT-B-32.pt clip-b32", "OpenAI's own file"),
            new("pureclip convert clip-vit-base-patch32 clip-b32 --dtype f16", "A directory with pytorch_model.bin, in half the bytes"),
            new("pureclip convert epoch_32.pt mine --arch ViT-B-16 --verify reference.json", "A training of one's own, checked"))
    {
        _conversion = new(this);
    }

    protected override void Run(ParseResult line)
    {
        if (Conversion.Run(line, _conversion, Shell) != ExitCode.Success)
            Shell.FailQuietly();
        else
            Shell.Next($"{Shell.Name} search TEXT PICTURES --model {Failures.Quoted(_conversion.OutputOf(line))}", "searches with it");
    }
}
