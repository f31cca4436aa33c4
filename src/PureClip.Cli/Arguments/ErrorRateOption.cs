using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace PureClip.Cli.Arguments;

/// <summary>An option that may be given alone or with an error rate.</summary>
internal sealed class ErrorRateOption
{
    /// <summary>Where none is given: one picture in twenty.</summary>
    public const double Usual = 0.05;

    private readonly Option<double?> _option;

    public ErrorRateOption(Command command, string name, string description)
    {
        _option = new(name)
        {
            HelpName = "ALPHA",
            Description = $"{description} [ALPHA: {Usual.ToString(CultureInfo.InvariantCulture)}]",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = result => Parse(result, name),
        };
        command.Add(_option);
    }

    /// <summary>The error rate, or null where the option is not given.</summary>
    public double? Of(ParseResult line) => line.GetResult(_option) is null ? null : line.GetValue(_option) ?? Usual;

    private static double? Parse(ArgumentResult result, string name)
    {
        if (result.Tokens.Count == 0)
            return null;
        string text = Values.Token(result);
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double rate) && rate is > 0 and < 1)
            return rate;
        result.AddError($"{name} '{text}' is no error rate; give a number between 0 and 1 such as 0.01, or put {name} behind the pictures.");
        return null;
    }
}
