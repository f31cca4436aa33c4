using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using PureClip.Cli;
using PureClip.Tests.Architecture;

namespace PureClip.Tests.Cli;

/// <summary>What the program's texts call options: read from the strings in its code, so that no text is missed.</summary>
public sealed partial class OptionNamesTests
{
    private static readonly ShellCommand[] Commands =
        [.. Program.Commands.Select(command => command.Make(new Shell(TextReader.Null, TextWriter.Null, TextWriter.Null)))];

    // Options of the parser and of curl, and the beginning of --heads-vision and --heads-text.
    private static readonly string[] OfOthers = ["--help", "--version", "--create-dirs", "--heads"];

    // What another command is told with what this one has made.
    private static readonly (string Command, string Option)[] ForOthers =
    [
        ("get", "--model"), ("convert", "--model"), ("finetune", "--adapter"), ("finetune", "--classifier"), ("train-probe", "--classifier"),
        ("classify", "--output"), ("groups", "--open"), ("merge", "--index"),
    ];

    public static TheoryData<string> Libraries => ["Files", "Core", "Collections", "Convert", "Generation", "Generation.AI", "Training", "Conditioning", "ImageSharp"];

    [Fact]
    public void Commands_are_typed_as_they_are_called() =>
        Assert.Equal(Program.Commands.Select(command => command.Name), Commands.Select(command => command.Name));

    /// <summary>The library does not know that there is a command line.</summary>
    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_library_names_no_option(string library) => Assert.DoesNotContain(
        Strings(Assembly.Load("PureClip." + library)), text => Option().IsMatch(text.Text) && !text.Text.StartsWith("--", StringComparison.Ordinal));

    [Fact]
    public void A_command_names_options_that_it_has()
    {
        List<string> wrong = [];
        foreach (ShellCommand command in Commands)
            foreach ((_, string text) in Strings(typeof(Program).Assembly).Where(text => IsOf(text.Type, command.GetType())))
                foreach (Match option in Option().Matches(OfOtherCommands().Replace(text, "")))
                    if (!Has(command, option.Value) && !ForOthers.Contains((command.Name, option.Value)))
                        wrong.Add($"{command.Name} says {option.Value}: {text}");
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    [Fact]
    public void Every_option_that_is_named_belongs_to_some_command()
    {
        IEnumerable<string> named = Strings(typeof(Program).Assembly).Where(text => !text.Type.EndsWith("HtmlPage", StringComparison.Ordinal)) // style sheets have variables of this form
            .SelectMany(text => Option().Matches(text.Text)).Select(match => match.Value);
        Assert.DoesNotContain(named.Distinct(), option => !Array.Exists(Commands, command => Has(command, option)));
    }

    private static bool Has(ShellCommand command, string option) =>
        OfOthers.Contains(option) || command.Options.Any(known => known.Name == option || known.Aliases.Contains(option));

    /// <summary>Whether a type is the command's, or one that the compiler made for a method of it.</summary>
    private static bool IsOf(string type, Type command) => type == command.FullName || type.StartsWith(command.FullName + "+", StringComparison.Ordinal);

    /// <summary>Every string in the code of an assembly, with the type whose code it is.</summary>
    private static List<(string Type, string Text)> Strings(Assembly assembly)
    {
        using PEReader file = new(File.OpenRead(assembly.Location));
        MetadataReader metadata = file.GetMetadataReader();
        List<(string Type, string Text)> found = [];
        foreach (MethodDefinitionHandle handle in metadata.MethodDefinitions)
        {
            MethodDefinition method = metadata.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress == 0)
                continue;
            string type = NameOf(metadata, method.GetDeclaringType());
            BlobReader il = file.GetMethodBody(method.RelativeVirtualAddress).GetILReader();
            foreach (int token in IlTokens.StringsOf(il))
                found.Add((type, metadata.GetUserString((UserStringHandle)MetadataTokens.Handle(token))));
        }
        return found;
    }

    private static string NameOf(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        TypeDefinition type = metadata.GetTypeDefinition(handle);
        string name = metadata.GetString(type.Name);
        return type.GetDeclaringType() is { IsNil: false } outer ? $"{NameOf(metadata, outer)}+{name}" : $"{metadata.GetString(type.Namespace)}.{name}";
    }

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z-]*[a-z]")]
    private static partial Regex Option();

    // A line of another command that a text shows.
    [GeneratedRegex(@"(pureclip|dotnet|git|curl|pip|hf|uv) [^'\n]*|'(classify|search|embed) [^']*'")]
    private static partial Regex OfOtherCommands();
}
