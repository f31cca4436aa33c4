using System.IO.Compression;
using System.Text;

namespace PureClip.Packages.Tests;

/// <summary>The solution packed once, into a folder that is the only source of packages for what is made beside it.</summary>
public sealed class Packed : IDisposable
{
    /// <summary>A version that no feed has.</summary>
    public const string Version = "0.0.0-packed";

    private readonly TemporaryFolder _folder = new();

    public Packed()
    {
        DotNet.Run(null, "pack", "PureClip.sln", "--artifacts-path", _folder["artifacts"], "--output", Feed, $"-p:Version={Version}", "-p:NuGetAudit=false");
        // Packages of others come from where the build of this solution has put them: no network is needed, and nothing is left there.
        _folder.Write("nuget.config", Encoding.UTF8.GetBytes($"""
            <configuration>
              <packageSources><clear /><add key="packed" value="{Feed}" /></packageSources>
              <fallbackPackageFolders><clear /><add key="machine" value="{DotNet.PackagesOfThisMachine}" /></fallbackPackageFolders>
            </configuration>
            """));
    }

    /// <summary>Names of the files that packing made.</summary>
    public string[] Names => [.. Directory.GetFiles(Feed).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private string Feed => _folder["feed"];

    /// <summary>Names and bytes of a package's files.</summary>
    public Dictionary<string, byte[]> Open(string name)
    {
        using ZipArchive archive = ZipFile.OpenRead(Path.Combine(Feed, name));
        Dictionary<string, byte[]> files = [];
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            using Stream stream = entry.Open();
            using MemoryStream copy = new();
            stream.CopyTo(copy);
            files[entry.FullName] = copy.ToArray();
        }
        return files;
    }

    /// <summary>Makes a console project that refers to the packages, and runs a program in it.</summary>
    /// <returns>What it printed.</returns>
    public string RunProgram(string code)
    {
        _folder.Write("app/app.csproj", Encoding.UTF8.GetBytes($"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="PureClip" Version="{Version}" />
                <PackageReference Include="PureClip.Extensions.AI" Version="{Version}" />
              </ItemGroup>
            </Project>
            """));
        _folder.Write("app/Program.cs", Encoding.UTF8.GetBytes(code));
        DotNet.Run(_folder["packages"], "build", _folder["app/app.csproj"], "--output", _folder["app/out"]);
        return DotNet.Run(null, _folder["app/out/app.dll"]);
    }

    /// <summary>Installs the tool and runs it.</summary>
    /// <returns>What it printed.</returns>
    public string RunTool(params string[] arguments)
    {
        DotNet.Run(_folder["packages"], "tool", "install", "PureClip.Cli", "--version", Version, "--tool-path", _folder["tools"], "--configfile", _folder["nuget.config"]);
        return DotNet.Run(_folder[OperatingSystem.IsWindows() ? "tools/pureclip.exe" : "tools/pureclip"], null, arguments);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}
